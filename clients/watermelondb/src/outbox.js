// Local changes as numbered batches, written down before they are sent.
import { REVISION, fieldsFromRow, mappingOf } from './mapping.js'
import { rowsWithDeleted } from './rows.js'
import { prepareRow, prepareState, readState } from './state.js'
import { Q } from './watermelon.js'

const MAX_CHANGES = 500
const MAX_BYTES = 1_000_000
// Room for the request around its changes.
const ENVELOPE_BYTES = 1_000

/** The state of pushing: our stream, its next number, and the batch without an answer, if any. */
export async function readPush(database) {
  return (await readState(database, 'push', null)) ?? newStream()
}

/**
 * A stream of numbers of our own: a database made anew on the same device must not reuse the numbers
 * of the one before it.
 */
export function newStream() {
  return { stream: `watermelon-${globalThis.crypto.randomUUID()}`, next: 1, outbox: null, most: MAX_CHANGES }
}

/**
 * Number the next local changes and write down the exact text that will be sent, in one transaction.
 * Answers the new state of pushing; its `outbox` is null when there is nothing to send.
 */
export function fillOutbox(database, manifest) {
  return database.write(async () => {
    const push = await readPush(database)
    const { changes, idle } = await localChanges(database, mappingOf(manifest), push.next)
    const batch = firstOf(changes, push.most)
    const filled = { ...push, outbox: batch.length ? outboxOf(push, batch) : null }
    const records = await Promise.all(idle.map(({ table, id }) => database.get(table).find(id)))
    const prepare = await prepareState(database, 'push', filled)
    await database.batch([
      ...records.map((record) => prepareRow(record, { ...record._raw, _status: 'synced', _changed: '' })),
      prepare(),
    ])
    return filled
  })
}

function outboxOf(push, batch) {
  const changes = batch.map(({ wire }) => wire)
  const text = JSON.stringify({
    stream: push.stream,
    first: push.next,
    atomicity: 'group',
    on_conflict: 'merge',
    changes,
  })
  return { text, changes: batch.map(remembered) }
}

// What the verdict on a change will need; `sent` are the columns as they were.
function remembered({ wire: { n, collection, id, op, fields }, sent }) {
  return { n, table: collection, id, op, fields, sent }
}

// Parents before children; deletions last, children before parents.
async function localChanges(database, mapping, first) {
  const written = []
  const deleted = []
  const idle = []
  for (const table of mapping.values()) {
    const rows = await rowsWithDeleted(database.get(table.name), [
      Q.where('_status', Q.oneOf(['created', 'updated', 'deleted'])),
    ])
    for (const row of rows) {
      const change = changeOf(table, row)
      if (!change) idle.push({ table: table.name, id: row.id })
      else if (row._status === 'deleted') deleted.unshift(change)
      else written.push(change)
    }
  }
  const time = new Date().toISOString()
  const changes = [...written, ...deleted].map(({ wire, sent }, place) => ({
    wire: { n: first + place, ...wire, client_time: time },
    sent,
  }))
  return { changes, idle }
}

function changeOf(table, row) {
  if (row._status === 'deleted') return numberless(table, row, 'delete', [])
  if (row._status === 'created') {
    return numberless(table, row, 'create', table.columns.filter(({ isWritable }) => isWritable))
  }
  const columns = changedColumns(table, row)
  return columns.length ? numberless(table, row, 'patch', columns) : null
}

// An edit of read-only fields alone is sent as it is: the refusal brings the server's copy back.
function changedColumns(table, row) {
  const changed = row._changed.split(',').flatMap((name) => table.byName.get(name) ?? [])
  const writable = changed.filter(({ isWritable }) => isWritable)
  return writable.length ? writable : changed
}

function numberless(table, row, op, columns) {
  const told = op === 'create' ? columns.filter(({ name }) => row[name] !== null) : columns
  return {
    wire: {
      group: null,
      collection: table.name,
      id: row.id,
      op,
      base_revision: op === 'create' ? null : row[REVISION],
      fields: fieldsFromRow(told, row),
    },
    sent: Object.fromEntries(columns.map(({ name }) => [name, row[name]])),
  }
}

function firstOf(changes, most) {
  const encoder = new TextEncoder()
  let room = MAX_BYTES - ENVELOPE_BYTES
  const batch = []
  for (const change of changes.slice(0, most)) {
    room -= encoder.encode(JSON.stringify(change.wire)).length + 1
    if (room < 0 && batch.length) break
    batch.push(change)
  }
  return batch
}
