// Databases to test with: LokiJS always, SQLite where better-sqlite3 is installed; both can be reopened.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { modelsFromManifest, schemaFromManifest } from '../src/index.js'

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

/** A database in a new folder; `reopen` answers what a restarted app would find. */
export async function openDatabase(kind, manifest, folder = newFolder()) {
  const schema = schemaFromManifest(manifest)
  const adapter = kind === 'sqlite' ? sqlite(schema, folder) : loki(schema, folder)
  const database = new Database({ adapter, modelClasses: modelsFromManifest(manifest) })
  await database.adapter.getLocal('ready')
  const save = kind === 'sqlite' ? async () => {} : () => saveLoki(adapter)
  return {
    database,
    async reopen() {
      await save()
      return openDatabase(kind, manifest, folder)
    },
    async close() {
      await save()
    },
  }
}

function sqlite(schema, folder) {
  const SQLiteAdapter = require('@nozbe/watermelondb/adapters/sqlite').default
  return new SQLiteAdapter({ schema, dbName: join(folder, 'phone') })
}

function loki(schema, folder) {
  return new LokiJSAdapter({
    schema,
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
