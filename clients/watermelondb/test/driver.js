// A phone the scenarios are told to, on WatermelonDB.
import { clearDatabase, createClient, openInbox, queueCommand, resolveInbox, statusOf, synchronizeWith } from '../src/index.js'
import { REVISION, fieldsFromRow, mappingOf } from '../src/mapping.js'
import { kinds, openDatabase } from './databases.js'

export class Phone {
  #given
  #session = new Map()
  #client
  #manifest
  #kept
  #told = []

  /** Sign in, and open a database with nothing in it. */
  async open(given) {
    this.#given = given
    this.#connect()
    const { device } = await this.#client.signIn(given)
    this.#manifest = await this.#client.manifest()
    this.#kept = await openDatabase(kinds.at(-1), this.#manifest)
    return { device_id: device.id }
  }

  get #database() {
    return this.#kept.database
  }

  #connect() {
    const session = this.#session
    this.#client = createClient({
      baseUrl: this.#given.base_url,
      storage: {
        getItem: (key) => session.get(key) ?? null,
        setItem: (key, value) => session.set(key, value),
        removeItem: (key) => session.delete(key),
      },
      onWipe: () => clearDatabase(this.#database),
    })
  }

  async sync() {
    await synchronizeWith(this.#client, this.#database, {
      manifest: this.#manifest,
      maxRows: this.#given.page_rows ?? undefined,
      onRefused: (refusals) => this.#told.push(...refusals),
    })
  }

  write({ edits }) {
    return this.#database.write(async () => {
      for (const { op, collection, id, fields } of edits) {
        const table = this.#database.get(collection)
        const record = op === 'create' ? null : await table.find(id)
        if (op === 'create') {
          await table.create((made) => {
            made._raw.id = id
            this.#assign(collection, made, fields)
          })
        } else if (op === 'patch') await record.update((edited) => this.#assign(collection, edited, fields))
        else await record.markAsDeleted()
      }
    })
  }

  // Properties of a model are called as their fields are, but for those WatermelonDB keeps for itself.
  #assign(collection, record, fields) {
    const { columns } = mappingOf(this.#manifest).get(collection)
    for (const { field, property } of columns) if (field in fields) record[property] = fields[field]
  }

  command({ collection, id, command, fields }) {
    return queueCommand(this.#database, collection, id, command, fields)
  }

  async read({ collection, id }) {
    return (await this.all({ collection })).find((record) => record.id === id)
  }

  async all({ collection }) {
    const records = await this.#database.get(collection).query().fetch()
    return records.map((record) => this.#shown(collection, record))
  }

  #shown(collection, { _raw: row }) {
    const { columns } = mappingOf(this.#manifest).get(collection)
    return { id: row.id, revision: row[REVISION], ...fieldsFromRow(columns, row) }
  }

  told() {
    return this.#told.splice(0)
  }

  async inbox() {
    return (await openInbox(this.#database)).map((entry) => this.#shown('inbox', entry))
  }

  resolve({ id, resolution, fields, keep, record_revision }) {
    return resolveInbox(this.#database, id, resolution, fields, { keep, record_revision })
  }

  async unpushed() {
    return (await statusOf(this.#database, this.#manifest)).unpushed
  }

  ask({ method, path, body }) {
    return this.#client.request(method, path, { body })
  }

  /** Have the battery die over the first records that are stored from now on. */
  die_storing() {
    const { adapter } = this.#database
    const { batch } = adapter
    const tables = new Set(this.#manifest.collections.map(({ name }) => name))
    adapter.batch = (operations) => {
      if (!operations.some(([, table]) => tables.has(table))) return batch.call(adapter, operations)
      adapter.batch = batch
      return Promise.reject(Object.assign(new Error('The battery died.'), { code: 'died' }))
    }
  }

  async restart() {
    this.#kept = await this.#kept.reopen()
    this.#connect()
  }

  /** Whether nothing is left: no record, nothing unpushed, nobody signed in. */
  async wiped() {
    if (await this.#client.session()) return false
    for (const { name } of this.#manifest.collections) if ((await this.all({ collection: name })).length) return false
    return (await this.unpushed()) === 0
  }

  close() {
    return this.#kept.close()
  }
}
