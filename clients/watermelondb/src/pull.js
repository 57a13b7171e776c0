// A page of the server's changes as WatermelonDB wants it, with its cursor inside the same transaction.
import { fromColumn, mappingOf, rowFromRecord, toColumn } from './mapping.js'
import { rowsWithDeleted, unpushedIds } from './rows.js'
import { STATE_TABLE, readPull } from './state.js'
import { Q } from './watermelon.js'

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
  }
}

/**
 * Changes as the answer of `pullChanges`. What is kept of them, such as their cursor, travels as a row of its
 * own table, so WatermelonDB stores both in one batch: a crash keeps both or neither.
 */
export async function answerOf({ database, manifest, changes: sent, kept, replace, lastPulledAt }) {
  const pull = await readPull(database)
  const checkpoint = Math.max(lastPulledAt ?? 0, pull.checkpoint) + 1
  const changes = changesOf([sent], manifest)
  const waiting = await holdBack(database, changes, replace ? {} : pull.waiting)
  await followMerges(database, manifest, changes, mergesOf(sent))
  const value = JSON.stringify({ ...pull, ...kept, waiting, checkpoint })
  changes[STATE_TABLE] = { created: [], updated: [{ id: 'pull', value }], deleted: [] }
  return { changes, timestamp: checkpoint, ...(replace && replacing(manifest)) }
}

/** Everything after a cursor as one change set, stored nowhere: what a diagnosis compares with. */
export async function pullEverything({ client, manifest, cursor, maxRows }) {
  const pages = []
  let position = cursor
  do {
    pages.push(await client.pull({ cursor: position, max_rows: maxRows }))
    position = pages.at(-1).cursor
  } while (pages.at(-1).has_more)
  return changesOf(pages.map(({ changes }) => changes), manifest)
}

/** Which records have taken the place of others, by collection: only those in which there are any. */
export function mergesOf(changes) {
  const merges = Object.entries(changes).map(([collection, { merged = {} }]) => [collection, merged])
  return Object.fromEntries(merges.filter(([, merged]) => Object.keys(merged).length > 0))
}

/** A row of a table in which every link to a record that was merged names the one that stays. */
export function relinked(table, row, merges) {
  const linking = table.columns.filter(({ name, refersTo }) => refersTo in merges && row[name] !== null)
  return Object.fromEntries(
    linking.flatMap((column) => {
      const merged = merges[column.refersTo]
      const value = fromColumn(column, row[column.name])
      const next = Array.isArray(value) ? [...new Set(value.map((id) => merged[id] ?? id))] : merged[value] ?? value
      const stored = toColumn(column, next)
      return stored === row[column.name] ? [] : [[column.name, stored]]
    }),
  )
}

// Later pages win, and no id appears twice, as WatermelonDB demands.
function changesOf(pages, manifest) {
  const changes = {}
  for (const table of mappingOf(manifest).values()) {
    const rows = new Map()
    const removed = new Set()
    for (const page of pages) {
      const { put = [], del = [], evict = [] } = page[table.name] ?? {}
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

// WatermelonDB would drop a removed record together with what was typed into it. A record with unpushed work
// stays until that is judged; that it is to go is kept, for the server takes it for gone and never says so
// again. Only what is put again need not go.
async function holdBack(database, changes, before) {
  const waiting = {}
  for (const [table, change] of Object.entries(changes)) {
    const back = new Set(change.updated.map(({ id }) => id))
    const unpushed = change.deleted.length ? await unpushedIds(database.get(table), change.deleted) : []
    const kept = new Set([...(before[table] ?? []).filter((id) => !back.has(id)), ...unpushed])
    change.deleted = change.deleted.filter((id) => !kept.has(id))
    if (kept.size) waiting[table] = [...kept]
  }
  return waiting
}

// What is not pushed yet shall name the record that stays: rows the page does not have are put into it as they
// are, and whoever resolves them against themselves lays the link over.
async function followMerges(database, manifest, changes, merges) {
  if (!Object.keys(merges).length) return
  for (const table of mappingOf(manifest).values()) {
    const { updated } = changes[table.name]
    const put = new Set(updated.map(({ id }) => id))
    const unpushed = [Q.where('_status', Q.oneOf(['created', 'updated']))]
    for (const { _status, _changed, ...row } of await rowsWithDeleted(database.get(table.name), unpushed)) {
      if (!put.has(row.id) && Object.keys(relinked(table, row, merges)).length) updated.push(row)
    }
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
