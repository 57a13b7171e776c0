// Rows of a table as they are stored, those waiting for their deletion to be pushed among them.
import { REVISION, storedRow } from './mapping.js'
import { Q } from './watermelon.js'

/** The stored rows matching some clauses, copied. */
export async function rowsWithDeleted(collection, clauses) {
  const query = collection.query(clauses)
  // A query leaves locally deleted records out; what it was built from does not. WatermelonDB's own
  // sync looks at them the same way.
  query.description = query._rawDescription
  const rows = await query.unsafeFetchRaw()
  return rows.map((row) => storedRow(collection, row))
}

/** The ids of the rows of a table that are not pushed yet, of some ids or of all. */
export async function unpushedIds(collection, ids) {
  const clauses = [Q.where('_status', Q.notEq('synced'))]
  if (ids) clauses.push(Q.where('id', Q.oneOf(ids)))
  return (await rowsWithDeleted(collection, clauses)).map(({ id }) => id)
}

/** The ids and revisions of a table's records as they came from the server, unpushed edits left aside. */
export async function heldOf(database, table) {
  const rows = await rowsWithDeleted(database.get(table), [Q.where(REVISION, Q.notEq(null))])
  return new Map(rows.map((row) => [row.id, row[REVISION]]))
}
