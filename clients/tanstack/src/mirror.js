// Shows what one collection of a copy has, as it changes: here, in other tabs, and by what the server says.

// From so many on, reading all records takes less than one after the other.
const MANY = 100

export class Mirror {
  #store
  #collection
  #shown = null
  #held = new Set()
  #stale = new Set()
  #isWhole = false
  #isReady = false
  #looking = null

  constructor(store, collection) {
    this.#store = store
    this.#collection = collection
  }

  /** Show it from now on to who hands in the calls of a TanStack sync. Answers what ends it. */
  begin(shown) {
    this.#shown = shown
    this.#held.clear()
    this.#isWhole = this.#isReady = false
    // First of all, so that nothing is missed that changes while the first records are read.
    const end = this.#store.subscribe(null, (changes) => this.#hear(changes))
    this.caughtUp()
    return () => {
      end()
      this.#shown = null
    }
  }

  /** Resolves when all the copy has told is shown. */
  async caughtUp() {
    if (!this.#shown) return
    this.#looking ??= this.#look(this.#shown)
    await this.#looking
  }

  #hear(changes) {
    if (changes === null) return this.#empty()
    for (const id of changes[this.#collection] ?? []) this.#stale.add(id)
    this.caughtUp()
  }

  // One look at a time, so that what was read later is shown later.
  async #look(shown) {
    await null
    try {
      while (shown === this.#shown && (!this.#isWhole || this.#stale.size)) {
        const ids = this.#isWhole ? [...this.#stale] : null
        this.#stale.clear()
        const records = await this.#read(ids).catch((error) => {
          // They are as stale as they were.
          for (const id of ids ?? []) this.#stale.add(id)
          throw error
        })
        if (shown === this.#shown) this.#write(records)
        this.#isWhole = true
      }
      if (shown === this.#shown && this.#store.status.usable && !this.#isReady) {
        this.#isReady = true
        shown.markReady()
      }
    } catch (error) {
      if (shown === this.#shown) shown.markError(error)
      // The next look that goes well makes good for it.
      this.#isReady = false
    } finally {
      this.#looking = null
    }
  }

  // Records by id, null for those that are not there; without ids all of them.
  async #read(ids) {
    if (ids && ids.length < MANY) {
      const records = await Promise.all(ids.map((id) => this.#store.get(this.#collection, id)))
      return new Map(ids.map((id, place) => [id, records[place]]))
    }
    const all = new Map((await this.#store.all(this.#collection)).map((record) => [record.id, record]))
    return ids ? new Map(ids.map((id) => [id, all.get(id) ?? null])) : all
  }

  #write(records) {
    const { begin, write, commit } = this.#shown
    begin()
    for (const [id, record] of records) {
      if (record) write({ type: this.#held.has(id) ? 'update' : 'insert', value: record })
      else if (this.#held.has(id)) write({ type: 'delete', key: id })
      if (record) this.#held.add(id)
      else this.#held.delete(id)
    }
    commit()
  }

  // The copy is gone, as a wipe order demands.
  #empty() {
    const { begin, truncate, commit } = this.#shown
    begin()
    truncate({ markReady: false })
    commit()
    this.#held.clear()
    this.#stale.clear()
  }
}
