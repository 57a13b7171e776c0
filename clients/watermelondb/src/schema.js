// A WatermelonDB schema and its models, made from the server's manifest.
import { mappingOf, newestVersion, fromColumn, toColumn, REVISION } from './mapping.js'
import { SyncState, stateTable } from './state.js'
import { Model, addColumns, appSchema, createTable, schemaMigrations, setGenerator, tableSchema } from './watermelon.js'

/**
 * The `appSchema` for a manifest: a table per collection, and one for the state of the sync.
 * Also makes WatermelonDB number new records by UUID, the only ids the server takes.
 */
export function schemaFromManifest(manifest) {
  setGenerator(() => globalThis.crypto.randomUUID())
  const tables = [...mappingOf(manifest).values()].map((table) =>
    tableSchema({ name: table.name, columns: [revisionColumn(), ...table.columns.map(columnSchema)] }),
  )
  return appSchema({ version: newestVersion(manifest.schema_version), tables: [...tables, stateTable()] })
}

/**
 * The `schemaMigrations` that go with that schema: a database an older version of the app has left gets the tables
 * and columns that are new, and keeps its rows, the state of the sync and all that was not pushed.
 */
export function migrationsFromManifest(manifest) {
  const tables = [...mappingOf(manifest).values()]
  const migrations = []
  for (let toVersion = 2; toVersion <= newestVersion(manifest.schema_version); toVersion += 1) {
    migrations.push({ toVersion, steps: tables.flatMap((table) => stepsOf(table, toVersion)) })
  }
  return schemaMigrations({ migrations })
}

function stepsOf({ name, version, columns }, toVersion) {
  const added = columns.filter((column) => column.version === toVersion)
  if (version === toVersion) return createTable({ name, columns: [revisionColumn(), ...added.map(columnSchema)] })
  return added.length ? addColumns({ table: name, columns: added.map(addedColumn) }) : []
}

// Whether it is optional decides what the rows of before get in it.
function addedColumn(column) {
  return { ...columnSchema(column), isOptional: column.unsaid === null }
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

