// A browser for the tests: a client, a copy in IndexedDB, and a line to the server that can be cut.
import 'fake-indexeddb/auto'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

import { createClient } from '../src/index.js'
import { openStore } from '../src/indexeddb/index.js'

export class Phone {
  refused = []
  warned = []
  pages = []
  merges = []
  wipes = 0
  name = randomUUID()
  line = (fetch, ...request) => fetch(...request)

  /** A browser that is signed in and holds nothing. */
  static async signedIn({ manifest, baseUrl, fetch, credentials }) {
    const phone = new Phone()
    phone.manifest = manifest
    phone.client = createClient({
      baseUrl,
      fetch: (...request) => phone.line(fetch, ...request),
      onWipe: async () => {
        phone.wipes += 1
        await phone.store.clear()
      },
    })
    const device = { uid: randomUUID(), name: 'Tab', model: 'Test', platform: 'web', app_version: '1.0.0', schema_version: 1 }
    await phone.client.signIn({ ...credentials, device })
    phone.store = await phone.open()
    return phone
  }

  open() {
    return openStore({
      name: this.name,
      client: this.client,
      manifest: this.manifest,
      onMerged: (merged) => this.merges.push(merged),
      onRefused: (refusals) => this.refused.push(...refusals),
      onWarned: (warnings) => this.warned.push(...warnings),
    })
  }

  sync(more) {
    return this.store.sync({ maxRows: this.maxRows, onPage: (page) => this.pages.push(page), ...more })
  }

  /** Close the tab and open it again on what was stored. */
  async restart() {
    this.store.close()
    this.store = await this.open()
  }

  /** Open an app that was updated on what the one of before had stored. */
  update(manifest) {
    this.manifest = manifest
    return this.restart()
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

  async create(collection, fields) {
    const id = randomUUID()
    await this.store.write([{ op: 'create', collection, id, fields }])
    return { id }
  }

  edit(collection, id, fields) {
    return this.store.write([{ op: 'patch', collection, id, fields }])
  }

  remove(collection, id) {
    return this.store.write([{ op: 'delete', collection, id }])
  }

  find(collection, id) {
    return this.store.get(collection, id)
  }

  async has(collection, id) {
    return (await this.store.get(collection, id)) !== null
  }

  all(collection) {
    return this.store.all(collection)
  }

  /** Nothing is missing, nothing in excess, nothing different from what a browser that begins anew would hold. */
  async assertConsistent() {
    await this.sync()
    const { changes } = await this.client.pull({ cursor: null, max_rows: 100_000 })
    for (const { name } of this.manifest.collections) {
      assert.deepEqual(sorted(await this.all(name)), sorted(changes[name].put), name)
    }
  }
}

function sorted(records) {
  return [...records].sort((one, other) => (one.id < other.id ? -1 : 1))
}
