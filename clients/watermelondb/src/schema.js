// A WatermelonDB schema and its models, made from the server's manifest.
import { mappingOf, fromColumn, toColumn, REVISION } from './mapping.js'
import { SyncState, stateTable } from './state.js'
import { Model, appSchema, setGenerator, tableSchema } from './watermelon.js'

// How often the tables of one manifest have been made otherwise by this package: a database of another version is made anew.
const SHAPE = 1

/**
 * The `appSchema` for a manifest: a table per collection, and one for the state of the sync.
 * Also makes WatermelonDB number new records by UUID, the only ids the server takes.
 */
export function schemaFromManifest(manifest) {
  setGenerator(() => globalThis.crypto.randomUUID())
  const tables = [...mappingOf(manifest).values()].map((table) =>
    tableSchema({ name: table.name, columns: [revisionColumn(), ...table.columns.map(columnSchema)] }),
  )
  return appSchema({ version: manifest.schema_version + SHAPE, tables: [...tables, stateTable()] })
}

function revisionColumn() {
  return { name: REVISION, type: 'number', isOptional: true }
}

// Every column is optional: a field the server leaves out must read as null, not as an empty value.
function columnSchema({ name, type, isIndexed }) {
  return { name, type, isOptional: true, isIndexed }
}

/** A Model class per collection: fields are properties, read-only ones cannot be assigned. */
export function modelsFromManifest(manifest) {
  const mapping = mappingOf(manifest)
  return [...[...mapping.values()].map((table) => modelOf(table, mapping)), SyncState]
}

function modelOf(table, mapping) {
  class Record extends Model {}
  Record.table = table.name
  Record.associations = associationsOf(table, mapping)
  for (const column of table.columns) {
    Object.defineProperty(Record.prototype, column.property, accessorsOf(column))
  }
  return Record
}

function accessorsOf(column) {
  const accessors = {
    configurable: true,
    enumerable: true,
    get() {
      return fromColumn(column, this._getRaw(column.name))
    },
  }
  if (column.isWritable) {
    accessors.set = function set(value) {
      this._setRaw(column.name, toColumn(column, value ?? null))
    }
  }
  return accessors
}

// Only upwards: WatermelonDB deletes along `has_many`, and a list's deletion must not take its users.
function associationsOf(table, mapping) {
  const links = table.columns.filter(({ link }) => link !== null && link !== table.name && mapping.has(link))
  return Object.fromEntries(
    links.reverse().map(({ link, name }) => [link, { type: 'belongs_to', key: name }]),
  )
}

