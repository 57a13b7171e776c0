// A phone for the tests: a client, a database, and a line to the server that can be cut.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'

import { clearDatabase, consistencyCheck, createClient, synchronizeWith } from '../src/index.js'
import { openDatabase } from './databases.js'

const require = createRequire(import.meta.url)
const { diagnoseSyncConsistency } = require('@nozbe/watermelondb/diagnostics')

export class Phone {
  refused = []
  warned = []
  pages = []
  wipes = 0
  line = (fetch, ...request) => fetch(...request)

  /** A phone that is signed in and empty. */
  static async signedIn({ kind = 'loki', manifest, tables, baseUrl, fetch = globalThis.fetch, credentials }) {
    const phone = new Phone()
    phone.manifest = manifest
    phone.client = createClient({
      baseUrl,
      fetch: (...request) => phone.line(fetch, ...request),
      onWipe: async () => {
        phone.wipes += 1
        await clearDatabase(phone.database)
      },
    })
    const device = { uid: randomUUID(), name: 'Phone', model: 'Test', platform: 'android', app_version: '1.0.0', schema_version: 1 }
    phone.session = await phone.client.signIn({ ...credentials, device })
    phone.manifest ??= await phone.client.manifest()
    phone.store = await openDatabase(kind, phone.manifest, undefined, tables)
    return phone
  }

  get database() {
    return this.store.database
  }

  get options() {
    return {
      manifest: this.manifest,
      maxRows: this.maxRows,
      onPage: (page) => this.pages.push(page),
      onMerged: this.onMerged,
      onRefused: (refusals) => this.refused.push(...refusals),
      onWarned: (warnings) => this.warned.push(...warnings),
    }
  }

  sync(more) {
    return synchronizeWith(this.client, this.database, { ...this.options, ...more })
  }

  /** Stop the app and start it again on what it had stored. */
  async restart() {
    this.store = await this.store.reopen()
  }

  /** Start an app that was updated on what the one of before had stored. */
  async update(manifest) {
    this.manifest = manifest
    this.store = await this.store.reopen(manifest)
  }

  /** Cut the line for requests to a path, before they leave or after they arrived. */
  cut(path, { times = Infinity, isAfter = false } = {}) {
    let left = times
    this.line = async (fetch, url, ...more) => {
      const isCut = new URL(url).pathname === path && left > 0
      if (isCut) left -= 1
      if (!isCut) return fetch(url, ...more)
      if (isAfter) await (await fetch(url, ...more)).arrayBuffer()
      throw new TypeError('fetch failed')
    }
  }

  mend() {
    this.line = (fetch, ...request) => fetch(...request)
  }

  create(table, fields) {
    return this.database.write(() => this.database.get(table).create((record) => Object.assign(record, fields)))
  }

  async edit(table, id, fields) {
    const record = await this.database.get(table).find(id)
    return this.database.write(() => record.update((editable) => Object.assign(editable, fields)))
  }

  async remove(table, id) {
    const record = await this.database.get(table).find(id)
    return this.database.write(() => record.markAsDeleted())
  }

  find(table, id) {
    return this.database.get(table).find(id)
  }

  async has(table, id) {
    return (await this.all(table)).some((record) => record.id === id)
  }

  all(table) {
    return this.database.get(table).query().fetch()
  }

  /** WatermelonDB's own diagnosis: nothing missing, nothing in excess, nothing different. */
  async assertConsistent() {
    const check = consistencyCheck(this.client, this.database, this.options)
    const { issueCount, log } = await diagnoseSyncConsistency(check)
    assert.equal(issueCount, 0, log)
  }
}
