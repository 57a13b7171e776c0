// How a collection of the manifest becomes a WatermelonDB table, and a record a row and back.
import { Model, sanitizedRaw } from './watermelon.js'

/** The column that keeps a record's revision, the base of the next edit. */
export const REVISION = 'server_revision'

const SCALARS = {
  text: 'string',
  choice: 'string',
  id: 'string',
  date: 'string',
  time: 'string',
  instant: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
}

// WatermelonDB keeps the first three for itself, insists that the next three are numbers, and
// SQLite or Loki own the rest.
const RESERVED_COLUMNS = new Set([
  'id', '_status', '_changed', 'created_at', 'updated_at', 'last_modified', REVISION,
  'local_storage', 'rowid', 'oid', 'constructor', 'prototype',
])
// What every record has beside its own fields, which the manifest therefore does not name. It came to the tables while
// 1 was the newest schema version, and is a version of the database of its own: every one of the server's from 2 on is
// one more here. Whatever this package adds to the tables of before next goes behind the newest of its day.
const COMMON = [
  { name: 'created_at', type: 'instant' },
  { name: 'created_by', type: 'id' },
  { name: 'updated_at', type: 'instant' },
  { name: 'updated_by', type: 'id' },
].map((field) => ({ ...field, read_only: true, link: null, version: 2 }))
// What WatermelonDB puts into a column that is added to a table and may not be null.
const EMPTY = new Set(['', 0, false])
const RESERVED_PROPERTIES = new Set(['collection', 'constructor'])

const mappings = new WeakMap()

/** The version of a database with all there is at a schema version of the server. */
export function newestVersion(schemaVersion) {
  return schemaVersion + 1
}

/** The tables of a manifest, by collection name; computed once per manifest. */
export function mappingOf(manifest) {
  if (!mappings.has(manifest)) {
    const tables = manifest.collections.map(tableOf).sort((one, other) => one.rank - other.rank)
    mappings.set(manifest, new Map(tables.map((table) => [table.name, table])))
  }
  return mappings.get(manifest)
}

// The version of a database from which on there is what the server has since a schema version.
function versionOf(since) {
  return since === 1 ? 1 : newestVersion(since)
}

function tableOf(collection) {
  const named = new Set(collection.fields.map(({ name }) => name))
  const columns = [...collection.fields, ...COMMON.filter(({ name }) => !named.has(name))]
    .filter((field) => field.name !== 'id' && field.name !== 'revision')
    .map((field) => columnOf(field, collection))
  return {
    name: collection.name,
    rank: collection.number,
    version: versionOf(collection.since),
    columns,
    byName: new Map(columns.map((column) => [column.name, column])),
  }
}

function columnOf(field, collection) {
  const isJson = !(field.type in SCALARS)
  const isLate = field.since > collection.since
  const preset = isLate && !field.nullable ? toColumn({ isJson }, field.default) : null
  return {
    field: field.name,
    name: RESERVED_COLUMNS.has(field.name.toLowerCase()) ? `field_${field.name}` : field.name,
    property: isTaken(field.name) ? `field_${field.name}` : field.name,
    type: SCALARS[field.type] ?? 'string',
    // Lists and objects, and whatever a newer server may add, are kept as JSON text.
    isJson,
    version: Math.max(field.version ?? versionOf(field.since), versionOf(collection.since)),
    // What null stands for: the server does not send records of before again for a later field with its default.
    preset,
    // What there is in a row of which the server said nothing.
    unsaid: EMPTY.has(preset) ? preset : null,
    isIndexed: (field.type === 'id' && field.link !== null) || field.name === collection.day,
    isWritable: collection.writable && !field.read_only,
    link: field.type === 'id' ? field.link : null,
    // What its value, or each entry of its list, is the id of.
    refersTo: field.link,
  }
}

function isTaken(name) {
  return name in Model.prototype || RESERVED_PROPERTIES.has(name)
}

/** A record from the wire as a row; every column is named, so that a field left out is cleared, or has its default. */
export function rowFromRecord(table, record) {
  const row = { id: record.id, [REVISION]: record.revision }
  for (const column of table.columns) {
    row[column.name] = toColumn(column, record[column.field] ?? null) ?? column.unsaid
  }
  return row
}

/** The wire's fields for some columns of a row. */
export function fieldsFromRow(columns, row) {
  return Object.fromEntries(columns.map((column) => [column.field, fromColumn(column, row[column.name])]))
}

/** A wire value as its column keeps it. */
export function toColumn(column, value) {
  return column.isJson && value !== null ? stableJson(value) : value
}

/** A column's value as the wire wants it. */
export function fromColumn(column, value) {
  const known = value ?? column.preset
  return column.isJson && typeof known === 'string' ? JSON.parse(known) : known
}

/** A row exactly as WatermelonDB would store it, so that rows can be compared. */
export function storedRow(collection, row) {
  return sanitizedRaw(row, collection.schema)
}

// The same value always gives the same text, whatever order its keys came in.
function stableJson(value) {
  return JSON.stringify(value, (_key, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}
