// A page of the server's changes, stored in one transaction with the cursor behind it.
import { keysOf, settled } from './database.js'
import { readEdits } from './edits.js'
import { readPull } from './state.js'

/** What is kept of a page beside its records. */
export function told(page) {
  return {
    cursor: page.cursor,
    revision: page.revision,
    scope_version: page.scope.version,
    usable: page.usable,
    consistent: page.consistent,
    progress: page.progress,
    next_sync_at: Date.now() + page.next_sync_after * 1000,
    ...(page.has_more ? {} : { last_sync: Date.now() }),
  }
}

/** Store changes and what is kept with them; with `replace` all else goes but what is edited here. Answers ids by collection. */
export async function storeChanges(stores, changes, { kept = {}, replace = false, links = {} } = {}) {
  const edits = await readEdits(stores)
  const touched = {}
  const touch = (collection, id) => (touched[collection] ??= new Set()).add(id)
  if (replace) await dropAll(stores, edits, touch)
  for (const [collection, { put = [], del = [], evict = [] }] of Object.entries(changes)) {
    for (const record of put) {
      stores.records.put({ collection, id: record.id, record, ends: false })
      touch(collection, record.id)
    }
    for (const id of [...del, ...evict]) {
      await remove(stores, collection, id, edits)
      touch(collection, id)
    }
  }
  await relink(stores, edits, mergesOf(changes), links, touch)
  await settled(stores.state.put({ ...(await readPull(stores)), ...kept }, 'pull'))
  return Object.fromEntries(Object.entries(touched).map(([collection, ids]) => [collection, [...ids]]))
}

/** Which records have taken the place of others, by collection: only those in which there are any. */
export function mergesOf(changes) {
  const merges = Object.entries(changes).map(([collection, { merged = {} }]) => [collection, merged])
  return Object.fromEntries(merges.filter(([, merged]) => Object.keys(merged).length > 0))
}

/** The ids and revisions of a collection as they came from the server; what is to go counts no more. */
export async function heldOf({ records }, collection) {
  const rows = await settled(records.getAll(keysOf(collection)))
  return new Map(rows.flatMap(({ id, record, ends }) => (ends ? [] : [[id, record.revision]])))
}

async function dropAll({ records }, edits, touch) {
  for (const [collection, id] of await settled(records.getAllKeys())) {
    if (edits.of(collection, id).length) continue
    records.delete([collection, id])
    touch(collection, id)
  }
}

// A record with unpushed work stays until that is judged. That it is to go is kept, for the server takes it for gone
// and never says so again; only what is put again need not go.
async function remove({ records }, collection, id, edits) {
  if (!edits.of(collection, id).length) return records.delete([collection, id])
  const row = await settled(records.get([collection, id]))
  if (row) records.put({ ...row, ends: true })
}

// What is not pushed yet shall name the record that stays. What was sent is sent again as it was.
async function relink({ outbox }, edits, merges, links, touch) {
  if (!Object.keys(merges).length) return
  for (const entry of edits.entries) {
    const renamed = Object.entries(links[entry.collection] ?? {}).flatMap(([field, target]) => {
      const merged = merges[target]
      const value = entry.fields[field]
      if (!merged || value === undefined || value === null) return []
      const next = Array.isArray(value) ? [...new Set(value.map((id) => merged[id] ?? id))] : (merged[value] ?? value)
      return JSON.stringify(next) === JSON.stringify(value) ? [] : [[field, next]]
    })
    if (!renamed.length) continue
    outbox.put({ ...entry, fields: { ...entry.fields, ...Object.fromEntries(renamed) } })
    touch(entry.collection, entry.id)
  }
}
