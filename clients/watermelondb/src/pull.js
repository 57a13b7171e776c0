// A page of the server's changes as WatermelonDB wants it, with its cursor inside the same transaction.
import { mappingOf, rowFromRecord } from './mapping.js'
import { rowsWithDeleted } from './rows.js'
import { NOTHING_PULLED, STATE_TABLE, readState } from './state.js'
import { Q } from './watermelon.js'

/**
 * The next page as the answer of `pullChanges`. The cursor travels as a row of its own table, so
 * WatermelonDB stores page and cursor in one batch: a crash keeps both or neither.
 */
export async function pullPage({ client, database, manifest, maxRows, lastPulledAt, mayRestart }) {
  const state = await readState(database, 'pull', NOTHING_PULLED)
  const page = await askForPage(client, state.cursor, maxRows, mayRestart)
  const checkpoint = Math.max(lastPulledAt ?? 0, state.checkpoint) + 1
  const changes = changesOf([page], manifest)
  await holdBackUnpushed(database, changes)
  const value = JSON.stringify({ cursor: page.cursor, checkpoint })
  changes[STATE_TABLE] = { created: [], updated: [{ id: 'pull', value }], deleted: [] }
  const answer = { changes, timestamp: checkpoint, ...(page.replace && replacing(manifest)) }
  return { page, answer }
}

/** Everything after a cursor as one change set, stored nowhere: what a diagnosis compares with. */
export async function pullEverything({ client, manifest, cursor, maxRows }) {
  const pages = []
  let position = cursor
  do {
    pages.push(await client.pull(question(position, maxRows)))
    position = pages.at(-1).cursor
  } while (pages.at(-1).has_more)
  return changesOf(pages, manifest)
}

// What ends a cursor and nothing else; the copy is the signed-in user's own.
const ENDS_OF_A_CURSOR = new Set(['resync_required', 'cursor_malformed', 'cursor_collections'])

// When a cursor cannot be continued we begin again without one; unpushed edits stay where they are.
async function askForPage(client, cursor, maxRows, mayRestart) {
  try {
    return await client.pull(question(cursor, maxRows))
  } catch (error) {
    if (!ENDS_OF_A_CURSOR.has(error.code) || cursor === null || !mayRestart) throw error
    return client.pull(question(null, maxRows))
  }
}

function question(cursor, maxRows) {
  return { cursor, max_rows: maxRows }
}

// Later pages win, and no id appears twice, as WatermelonDB demands.
function changesOf(pages, manifest) {
  const changes = {}
  for (const table of mappingOf(manifest).values()) {
    const rows = new Map()
    const removed = new Set()
    for (const page of pages) {
      const { put = [], del = [], evict = [] } = page.changes[table.name] ?? {}
      for (const record of put) {
        rows.set(record.id, rowFromRecord(table, record))
        removed.delete(record.id)
      }
      for (const id of [...del, ...evict]) {
        rows.delete(id)
        removed.add(id)
      }
    }
    changes[table.name] = { created: [], updated: [...rows.values()], deleted: [...removed] }
  }
  return changes
}

// WatermelonDB would drop a removed record together with what was typed into it. A record with
// unpushed work stays until its push is answered; the verdict then says what becomes of it.
async function holdBackUnpushed(database, changes) {
  for (const [table, change] of Object.entries(changes)) {
    if (!change.deleted.length) continue
    const unpushed = await rowsWithDeleted(database.get(table), [
      Q.where('id', Q.oneOf(change.deleted)),
      Q.where('_status', Q.notEq('synced')),
    ])
    const kept = new Set(unpushed.map(({ id }) => id))
    change.deleted = change.deleted.filter((id) => !kept.has(id))
  }
}

// A first page replaces what is there, except unpushed work and the state of the sync itself.
function replacing(manifest) {
  const synced = () => [Q.where('_status', 'synced')]
  const tables = [...mappingOf(manifest).keys()]
  return {
    experimentalStrategy: {
      default: 'replacement',
      override: { [STATE_TABLE]: 'incremental' },
      experimentalQueryRecordsForReplacement: Object.fromEntries(tables.map((name) => [name, synced])),
    },
  }
}
