// A phone the scenarios are told to, on TanStack DB: records are read and written there, and nowhere else.
import { createCollection, createTransaction } from '@tanstack/db'

import { Phone as Copy } from '../../javascript/test/node_driver.js'
import { studioCollectionOptions, studioSave } from '../src/index.js'

export class Phone extends Copy {
  #collections = new Map()

  async begun({ collections }) {
    const { store } = this
    for (const { name } of collections) {
      this.#collections.set(name, createCollection({ ...studioCollectionOptions({ store, collection: name }), startSync: true, gcTime: 0 }))
    }
    await this.#caughtUp()
  }

  async #caughtUp() {
    await Promise.all([...this.#collections.values()].map(({ utils }) => utils.caughtUp()))
  }

  async #leave() {
    await Promise.all([...this.#collections.values()].map((collection) => collection.cleanup()))
  }

  async write({ edits }) {
    const save = createTransaction({ mutationFn: studioSave(this.store) })
    save.mutate(() => {
      for (const { op, collection: name, id, fields } of edits) {
        const collection = this.#collections.get(name)
        if (op === 'create') collection.insert({ id, ...fields })
        else if (op === 'patch') collection.update(id, (draft) => Object.assign(draft, fields))
        else collection.delete(id)
      }
    })
    await save.when('settled')
  }

  async read({ collection, id }) {
    await this.#caughtUp()
    return plain(this.#collections.get(collection).get(id))
  }

  async all({ collection }) {
    await this.#caughtUp()
    return this.#collections.get(collection).toArray.map(plain)
  }

  async wiped() {
    const isShown = [...this.#collections.values()].some(({ size }) => size > 0)
    return !isShown && super.wiped()
  }

  async restart() {
    await this.#leave()
    await super.restart()
  }

  async close() {
    await this.#leave()
    await super.close()
  }
}

// Without what TanStack says of a record beside it, such as whether it waits.
function plain(record) {
  return record && Object.fromEntries(Object.entries(record).filter(([name]) => !name.startsWith('$')))
}
