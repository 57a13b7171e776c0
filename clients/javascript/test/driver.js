// A phone the scenarios are told to, on the copy in IndexedDB: in Node, and as it is in a browser.
import { createClient } from '../src/index.js'
import { alone, openKeys, openStore } from '../src/indexeddb/index.js'

export class Phone {
  #given
  #keys
  #client
  #manifest
  #told = []
  store = null

  /** Sign in, and open a copy with nothing in it. */
  async open(given) {
    this.#given = given
    this.#keys = await openKeys(`keys-${given.device.uid}`)
    this.#connect()
    const { device } = await this.#client.signIn(given)
    this.#manifest = await this.#client.manifest()
    await this.#begin()
    return { device_id: device.id, manifest: this.#manifest }
  }

  /** Start on what another that had been opened alike has left. */
  async resume({ given, manifest }) {
    this.#given = given
    this.#manifest = manifest
    this.#keys = await openKeys(`keys-${given.device.uid}`)
    this.#connect()
    await this.#begin()
  }

  #connect() {
    const { base_url: baseUrl, device } = this.#given
    this.#client = createClient({
      baseUrl,
      storage: this.#keys,
      app: { app_version: device.app_version, schema_version: device.schema_version },
      lock: (work) => alone(`keys-${device.uid}`, work),
      onWipe: () => this.store.clear(),
    })
  }

  async #begin() {
    this.store = await openStore({
      name: `copy-${this.#given.device.uid}`,
      client: this.#client,
      manifest: this.#manifest,
      onRefused: (refusals) => this.#told.push(...refusals),
    })
    await this.begun(this.#manifest)
  }

  /** For who shows the store in something of their own. */
  async begun() {}

  async sync() {
    await this.store.sync({ maxRows: this.#given.page_rows ?? undefined })
  }

  write({ edits }) {
    return this.store.write(edits)
  }

  command({ collection, id, command, fields }) {
    return this.store.command(collection, id, command, fields)
  }

  read({ collection, id }) {
    return this.store.get(collection, id)
  }

  all({ collection }) {
    return this.store.all(collection)
  }

  told() {
    return this.#told.splice(0)
  }

  inbox() {
    return this.store.inbox()
  }

  resolve({ id, resolution, fields, keep, record_revision }) {
    return this.store.resolve(id, resolution, fields, { keep, record_revision })
  }

  async unpushed() {
    return (await this.store.unpushed()).length
  }

  ask({ method, path, body }) {
    return this.#client.request(method, path, { body })
  }

  /** Have the battery die over the first record that is stored from now on. */
  die_storing() {
    const { put } = IDBObjectStore.prototype
    IDBObjectStore.prototype.put = function (...given) {
      if (this.name !== 'records') return put.apply(this, given)
      IDBObjectStore.prototype.put = put
      throw Object.assign(new Error('The battery died.'), { code: 'died' })
    }
  }

  async restart() {
    this.store.close()
    await this.resume({ given: this.#given, manifest: this.#manifest })
  }

  /** Whether nothing is left: no record, nothing unpushed, nobody signed in. */
  async wiped() {
    if (await this.#client.session()) return false
    const left = await openStore({ name: `copy-${this.#given.device.uid}`, client: this.#client, manifest: this.#manifest })
    const counts = await Promise.all(this.#manifest.collections.map(async ({ name }) => (await left.all(name)).length))
    const { unpushed } = left.status
    left.close()
    return unpushed === 0 && counts.every((count) => count === 0)
  }

  async close() {
    this.store.close()
  }
}
