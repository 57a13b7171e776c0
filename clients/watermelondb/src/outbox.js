// Local changes as numbered batches, written down before they are sent.
import { queuedCommands } from './commands.js'
import { REVISION, fieldsFromRow, mappingOf } from './mapping.js'
import { rowsWithDeleted } from './rows.js'
import { prepareRow, prepareState, readPull, readState } from './state.js'
import { Q } from './watermelon.js'

// As many changes as a push may have, and as many bytes as a phone's line carries in a while.
export const MAX_CHANGES = 500
const MAX_BYTES = 1_000_000
// Room for the request around its changes.
const ENVELOPE_BYTES = 1_000

/** The state of pushing: our stream, its next number, and the batch without an answer, if any. */
export async function readPush(database) {
  return (await readState(database, 'push', null)) ?? newStream()
}

/**
 * A stream of numbers of our own: a database made anew on the same device must not reuse the numbers
 * of the one before it. `most` is how many changes the next batch may have, `failures` how often the server
 * failed over the one in the outbox.
 */
export function newStream() {
  return { stream: `watermelon-${globalThis.crypto.randomUUID()}`, next: 1, outbox: null, most: MAX_CHANGES, failures: 0 }
}

/**
 * The batch that waits for its answer; without one, the next local changes are numbered and the exact text
 * that will be sent is written down, in one transaction. Null when there is nothing to send.
 */
export async function filledOutbox(database, manifest) {
  return (await readPush(database)).outbox ?? fill(database, manifest)
}

function fill(database, manifest) {
  return database.write(async () => {
    const push = await readPush(database)
    const { changes, idle } = await localChanges(database, mappingOf(manifest), push.next)
    const batch = firstOf(changes, Math.min(push.most, manifest.limits.max_changes))
    const outbox = batch.length ? outboxOf(push, batch) : null
    const prepares = await undoIdle(database, idle)
    if (outbox) prepares.push(await prepareState(database, 'push', { ...push, outbox }))
    await database.batch(prepares.map((prepare) => prepare()))
    return outbox
  })
}

// Marked as changed, with nothing the server knows changed: there is nothing to send, nor to wait for.
async function undoIdle(database, idle) {
  const { waiting } = await readPull(database)
  return Promise.all(
    idle.map(async ({ table, id }) => {
      const record = await database.get(table).find(id)
      return waiting[table]?.includes(id)
        ? () => record.prepareDestroyPermanently()
        : () => prepareRow(record, { ...record._raw, _status: 'synced', _changed: '' })
    }),
  )
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

// What the verdict on a change will need; `sent` are the columns as they were, `key` that of a command.
function remembered({ wire: { n, collection, id, op, command, fields }, sent, key }) {
  return { n, table: collection, id, op, command, fields, sent, key }
}

// Parents before children, then commands, for what was just made too; deletions last, children before parents.
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
  const commands = (await queuedCommands(database)).map(commandOf)
  const changes = [...written, ...commands, ...deleted].map(({ wire, ...remembered }, place) => ({
    wire: { n: first + place, ...wire, client_time: time },
    ...remembered,
  }))
  return { changes, idle }
}

function commandOf({ key, collection, id, command, fields }) {
  const wire = { group: null, collection, id, op: 'command', command, base_revision: null, fields }
  return { wire, sent: {}, key }
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
