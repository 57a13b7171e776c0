// What was done here and is not answered yet, laid over the server's copies.
import { keysOf, settled } from './database.js'

/** The unanswered edits of one record, oldest first. */
export function editsOf({ outbox }, collection, id) {
  return settled(outbox.index('record').getAll([collection, id]))
}

/** All unanswered edits, oldest first, and `of` a record. */
export async function readEdits({ outbox }) {
  const entries = await settled(outbox.getAll())
  const byRecord = new Map()
  for (const entry of entries) {
    const name = nameOf(entry.collection, entry.id)
    byRecord.set(name, [...(byRecord.get(name) ?? []), entry])
  }
  return { entries, of: (collection, id) => byRecord.get(nameOf(collection, id)) ?? [] }
}

/** A record as the user sees it, null where there is none; `copy` is the server's, if any. */
export function laidOver(copy, entries, fieldNames) {
  return entries.reduce((record, { op, id, fields }) => {
    if (op === 'delete') return null
    if (op === 'create') return { ...emptyOf(fieldNames), ...fields, id, revision: null }
    return op === 'patch' && record ? { ...record, ...fields } : record
  }, copy ?? null)
}

/** Every record of a collection as the user sees it. */
export async function readAll(stores, collection, fieldNames) {
  const rows = await settled(stores.records.getAll(keysOf(collection)))
  const edits = await readEdits(stores)
  const mine = edits.entries.filter((entry) => entry.collection === collection)
  if (!mine.length) return rows.map(({ record }) => record)
  const copies = new Map(rows.map(({ id, record }) => [id, record]))
  const ids = new Set([...copies.keys(), ...mine.map(({ id }) => id)])
  return [...ids].flatMap((id) => laidOver(copies.get(id), edits.of(collection, id), fieldNames) ?? [])
}

// A field that was not filled in reads as null, as it will once the server has the record.
function emptyOf(fieldNames) {
  return Object.fromEntries(fieldNames.map((name) => [name, null]))
}

function nameOf(collection, id) {
  return `${collection}/${id}`
}
