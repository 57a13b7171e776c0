// What a sign-in is kept in: a small database of its own with the three calls of localStorage, which workers have not.
import { completed, deleteDatabase, settled } from './database.js'

/** Open it. What `setItem` and `removeItem` do is durable when they resolve; `clear` forgets all of it, `close` lets go of it. */
export async function openKeys(name) {
  const asked = indexedDB.open(name, 1)
  asked.onupgradeneeded = () => asked.result.createObjectStore('keys')
  const database = await settled(asked)
  database.onversionchange = () => database.close()
  // A refresh token is good for one: who has used it must not be left with it.
  const change = (work) => {
    const transaction = database.transaction('keys', 'readwrite', { durability: 'strict' })
    work(transaction.objectStore('keys'))
    return completed(transaction)
  }
  return {
    getItem: async (key) => (await settled(database.transaction('keys').objectStore('keys').get(key))) ?? null,
    setItem: (key, value) => change((keys) => keys.put(value, key)),
    removeItem: (key) => change((keys) => keys.delete(key)),
    close: () => database.close(),
    clear: async () => {
      database.close()
      await deleteDatabase(name)
    },
  }
}
