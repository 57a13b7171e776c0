// Databases to test with: LokiJS always, SQLite where better-sqlite3 is installed; both can be reopened.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { migrationsFromManifest, modelsFromManifest, schemaFromManifest } from '../src/index.js'

const require = createRequire(import.meta.url)
const { Database } = require('@nozbe/watermelondb')
const LokiJSAdapter = require('@nozbe/watermelondb/adapters/lokijs').default
require('@nozbe/watermelondb/utils/common/logger').default.silence()
// A folder for each database, removed at the end.
process.setMaxListeners(0)

/** The kinds of database this machine can open. */
export const kinds = hasSqlite() ? ['loki', 'sqlite'] : ['loki']

function hasSqlite() {
  try {
    require('better-sqlite3')
    return true
  } catch {
    return false
  }
}

function newFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'watermelon-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const tablesOf = (manifest) => ({ schema: schemaFromManifest(manifest), migrations: migrationsFromManifest(manifest) })

/** A database in a new folder; `reopen` answers what a restarted app would find, or one that was updated. */
export async function openDatabase(kind, manifest, folder = newFolder(), tables = tablesOf(manifest)) {
  const adapter = kind === 'sqlite' ? sqlite(tables, folder) : loki(tables, folder)
  const database = new Database({ adapter, modelClasses: modelsFromManifest(manifest) })
  await database.adapter.getLocal('ready')
  const save = kind === 'sqlite' ? async () => {} : () => saveLoki(adapter)
  return {
    database,
    async reopen(updated = manifest, updatedTables = tablesOf(updated)) {
      await save()
      return openDatabase(kind, updated, folder, updatedTables)
    },
    async close() {
      await save()
    },
  }
}

function sqlite(tables, folder) {
  const SQLiteAdapter = require('@nozbe/watermelondb/adapters/sqlite').default
  return new SQLiteAdapter({ ...tables, dbName: join(folder, 'phone') })
}

function loki(tables, folder) {
  return new LokiJSAdapter({
    ...tables,
    dbName: 'phone',
    useWebWorker: false,
    useIncrementalIndexedDB: true,
    extraLokiOptions: { autosave: false },
    _testLokiAdapter: fileAdapter(join(folder, 'phone.json')),
  })
}

function saveLoki(adapter) {
  return new Promise((resolve, reject) => {
    adapter._driver.loki.saveDatabase((error) => (error ? reject(error) : resolve()))
  })
}

function fileAdapter(path) {
  return {
    loadDatabase: (_name, done) => done(existsSync(path) ? readFileSync(path, 'utf8') : null),
    saveDatabase(_name, text, done) {
      writeFileSync(path, text)
      done()
    },
    deleteDatabase(_name, done) {
      writeFileSync(path, '')
      done()
    },
  }
}
