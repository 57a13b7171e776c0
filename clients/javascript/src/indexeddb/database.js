// IndexedDB with promises: what there is in a database of ours, and transactions that do all or nothing.

const VERSION = 1

/** Open a database, made where it is not there: `records` by collection and id, `outbox` in order, `state` by part. */
export function openDatabase(name) {
  const asked = indexedDB.open(name, VERSION)
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore('records', { keyPath: ['collection', 'id'] })
    const outbox = asked.result.createObjectStore('outbox', { keyPath: 'key', autoIncrement: true })
    outbox.createIndex('record', ['collection', 'id'])
    asked.result.createObjectStore('state')
  }
  return settled(asked).then((database) => {
    // Whoever deletes it, as a wipe order does, must not wait for a tab that only looks on.
    database.onversionchange = () => database.close()
    return database
  })
}

/** Delete a database, open or not. */
export function deleteDatabase(name) {
  return settled(indexedDB.deleteDatabase(name))
}

/** What a request of IndexedDB comes to. */
export function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Resolves once all that a transaction did is durable. */
export function completed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('The transaction was given up.'))
  })
}

/**
 * Do something in one transaction over everything, and answer what `work` does once that is durable. `work` gets the
 * three stores and may wait for nothing but them: a transaction that is not asked anything ends.
 */
export async function transact(database, mode, work) {
  const names = ['records', 'outbox', 'state']
  const transaction = database.transaction(names, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' })
  const ended = completed(transaction)
  // Whoever gives it up below tells why.
  ended.catch(() => {})
  const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]))
  try {
    const answer = await work(stores)
    await ended
    return answer
  } catch (error) {
    if (isOpen(transaction)) transaction.abort()
    throw error
  }
}

/** All keys of one collection's records, and of whatever else has a kind and a name. */
export function keysOf(collection) {
  return IDBKeyRange.bound([collection], [collection, []])
}

function isOpen(transaction) {
  try {
    transaction.objectStore('state')
    return true
  } catch {
    return false
  }
}
