// The state of the sync, kept in a table of its own so that it commits together with the records.
import { Model, Q, sanitizedRaw, tableSchema } from './watermelon.js'

export const STATE_TABLE = 'studio_sync_state'

export const stateTable = () =>
  tableSchema({ name: STATE_TABLE, columns: [{ name: 'value', type: 'string' }] })

export class SyncState extends Model {
  static table = STATE_TABLE
}

/**
 * What the last stored page told. `checkpoint` counts the pages stored; `waiting` are the removals that wait
 * for the push of an edit, ids by table; `mustVerify` that something was given up which has to be repaired.
 */
export const NOTHING_PULLED = {
  cursor: null,
  checkpoint: 0,
  revision: null,
  scope_version: null,
  usable: false,
  consistent: false,
  progress: {},
  next_sync_at: 0,
  waiting: {},
  mustVerify: false,
}

/** How far pulling has come. */
export const readPull = (database) => readState(database, 'pull', NOTHING_PULLED)

/** A part of the state, such as `push`, or `otherwise` when it was never written. */
export async function readState(database, part, otherwise) {
  const record = await stateRecord(database, part)
  return record ? JSON.parse(record._raw.value) : otherwise
}

/** Write a part of the state on its own. */
export function writeState(database, part, value) {
  return database.write(async () => {
    const prepare = await prepareState(database, part, value)
    await database.batch(prepare())
  })
}

/**
 * Make ready to write a part of the state inside a batch. The function returned prepares the write
 * at once; WatermelonDB wants it batched in the same turn.
 */
export async function prepareState(database, part, value) {
  const record = await stateRecord(database, part)
  const row = stateRow(part, value)
  if (!record) return () => database.get(STATE_TABLE).prepareCreateFromDirtyRaw(row)
  return () => prepareRow(record, row)
}

/** The state as a row that never counts as a local change. */
export function stateRow(part, value) {
  return { id: part, value: JSON.stringify(value), _status: 'synced', _changed: '' }
}

/** Prepare a record to become exactly this row, marks included. */
export function prepareRow(record, row) {
  return record.prepareUpdate(() => {
    record._raw = sanitizedRaw(row, record.collection.schema)
  })
}

async function stateRecord(database, part) {
  const [record] = await database.get(STATE_TABLE).query(Q.where('id', part)).fetch()
  return record
}
