// A copy of a studio in IndexedDB, shared by all tabs of a browser and its service worker.
import { CopyClosed, SignedOut } from '../problems.js'
import { deleteDatabase, keysOf, openDatabase, settled, transact } from './database.js'
import { editsOf, laidOver, readAll, readEdits } from './edits.js'
import { alone } from './locks.js'
import { queue } from './outbox.js'
import { isFound, searchable, textOf, wordsOf } from './search.js'
import { ENDS, NOTHING_PULLED, REFUSAL, readNews, readPull } from './state.js'
import { Sync } from './sync.js'

const DRAFT = 'draft'

/**
 * Open the copy called `name`, made where it is not there. `manifest` is the server's; `onRefused` and `onWarned`
 * hear of changes that were not taken in, and of those about which the user should know something; `onMerged` which
 * records have taken the place of others.
 */
export async function openStore({ name, client, manifest, onRefused, onWarned, onMerged }) {
  const store = new Store(await opened(name), { name, client, manifest, onRefused, onWarned, onMerged })
  await store.refresh()
  return store
}

// One that was left, and not deleted yet when its tab was closed, is none.
async function opened(name) {
  const database = await openDatabase(name)
  if (!(await transact(database, 'readonly', ({ state }) => settled(state.get(ENDS))))) return database
  database.close()
  await deleteDatabase(name)
  return openDatabase(name)
}

class Store {
  #database
  #options
  #fields
  #channel
  #listeners = new Set()
  #texts = new Map()
  #running = null
  #isAskedAgain = false
  #status

  constructor(database, options) {
    this.#database = database
    database.onversionchange = () => this.#lose()
    this.#options = options
    this.manifest = options.manifest
    this.#channel = new BroadcastChannel(`studio-sync:${options.name}`)
    this.#channel.onmessage = ({ data }) => this.#hear(data)
    // In Node it would keep the process.
    this.#channel.unref?.()
  }

  /** How the copy stands: `{usable, consistent, progress, unpushed, lastSync}`. */
  get status() {
    return this.#status
  }

  /** What the server says there is; a newer one may take its place. What is synced just then goes by the one before. */
  set manifest(manifest) {
    this.#options.manifest = manifest
    this.#fields = new Map(manifest.collections.map(({ name, fields }) => [name, fields.map((field) => field.name)]))
    this.#texts.clear()
  }

  get manifest() {
    return this.#options.manifest
  }

  /** How far the copy has come, for `keepInStep`. */
  position() {
    return this.#read(readPull)
  }

  /**
   * Bring copy and server together; a second call while one runs joins it, which then sends what was saved by then,
   * and one in another tab waits for it. Answers `{pages, pushed, repaired}`. With `verify` what is held is compared
   * with what should be held, and repaired.
   */
  sync({ verify = false, onPage, maxRows } = {}) {
    this.#isAskedAgain = this.#running !== null
    this.#running ??= this.#syncAll({ verify, onPage, maxRows })
    return this.#running
  }

  async #syncAll(how) {
    const report = { pages: 0, pushed: 0, repaired: [] }
    try {
      do {
        this.#isAskedAgain = false
        const { pages, pushed, repaired } = await alone(`studio-sync:${this.#options.name}`, () => this.#sync(how))
        report.pages += pages
        report.pushed += pushed
        report.repaired.push(...repaired)
        // It may have been saved after the queue was looked into for the last time.
      } while (this.#isAskedAgain && this.#database && this.#status.unpushed)
      return report
    } finally {
      this.#running = null
    }
  }

  async #sync(how) {
    const { client, manifest, onMerged } = this.#options
    const read = (work) => this.#read(work)
    const change = (work) => this.#change(work)
    await this.#tell()
    try {
      return await new Sync({ client, manifest, read, change, onMerged, ...how }).run()
    } finally {
      if (this.#database) await this.#tell()
    }
  }

  /**
   * Hear what changed, here or in another tab: ids by collection, all of them or those of one. A listener that is
   * called with nothing knows that the copy is gone. Answers what ends it.
   */
  subscribe(collection, listener) {
    const entry = { collection, listener }
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  /** A record as the user sees it, local edits laid over the server's copy, or null. */
  get(collection, id) {
    return this.#read(async (stores) => {
      const row = await settled(stores.records.get([collection, id]))
      return laidOver(row?.record, await editsOf(stores, collection, id), this.#fields.get(collection))
    })
  }

  /** All records of a collection as the user sees them. */
  all(collection) {
    return this.#read((stores) => readAll(stores, collection, this.#fields.get(collection)))
  }

  /** The records in which each of the words typed begins a word; all of them where none was typed. */
  async search(collection, words) {
    const typed = wordsOf(words)
    const texts = await this.#textsOf(collection)
    return [...texts.values()].flatMap(({ record, text }) => (isFound(text, typed) ? [record] : []))
  }

  /**
   * Keep one save: `{op: 'create' | 'patch' | 'delete', collection, id, fields, revision}` each, `revision` that of
   * the record as it was shown, so that who changed it since is not passed over. It is durable when this resolves,
   * and stands or falls together at the server. The `draft` it was made of, named, goes with it.
   */
  write(edits, { draft } = {}) {
    return this.#queue(edits, draft)
  }

  /** Have the server do something with a record, behind all that waits; it shows once it is pulled. */
  command(collection, id, name, fields = {}) {
    return this.#queue([{ op: 'command', collection, id, command: name, fields }])
  }

  async #queue(edits, draft) {
    await this.#change(async (stores) => {
      if (await settled(stores.state.get(ENDS))) throw new SignedOut()
      if (draft !== undefined) await settled(stores.state.delete([DRAFT, draft]))
      return queue(stores, edits)
    })
    askForSync()
  }

  /** What was typed and not saved, as it was kept under a name, or null. */
  async draft(name) {
    return (await this.#read(({ state }) => settled(state.get([DRAFT, name])))) ?? null
  }

  /** All of these, by name, as `{name, draft}`. */
  async drafts() {
    return (await this.#named(DRAFT)).map(([name, draft]) => ({ name, draft }))
  }

  /** Keep a draft, anything that can be cloned, in place of the one by that name; null forgets it. Nothing of it is sent. */
  keepDraft(name, draft) {
    return this.#transact('readwrite', ({ state }) => {
      const key = [DRAFT, name]
      if (draft === null) state.delete(key)
      else state.put(draft, key)
      // The page may end with this very key: nothing is left to wait for.
      state.transaction.commit()
    })
  }

  /** What was not taken in and is not in the inbox, oldest first, as `onRefused` heard of it, each with a `key`. */
  async refusals() {
    return (await this.#named(REFUSAL)).map(([key, refusal]) => ({ key, ...refusal }))
  }

  /** Forget one of these: somebody has seen it. */
  dismiss(key) {
    return this.#change(async ({ state }) => {
      await settled(state.delete([REFUSAL, key]))
      return {}
    })
  }

  /** What waits to be sent, oldest first, as `{collection, id, op, command, fields}`. */
  unpushed() {
    return this.#read(async (stores) =>
      (await readEdits(stores)).entries.map(({ collection, id, op, command, fields }) => ({ collection, id, op, command, fields })),
    )
  }

  /** The entries nobody has decided about, the newest first. */
  async inbox() {
    const decided = new Set((await this.unpushed()).filter(({ command }) => command === 'resolve').map(({ id }) => id))
    const open = (await this.all('inbox')).filter(({ id, resolution }) => resolution === null && !decided.has(id))
    return open.sort((one, other) => (one.date < other.date ? 1 : -1))
  }

  /**
   * Decide what becomes of an entry: `take_mine`, with further `fields` that put right what was wrong, `keep_theirs` or
   * `dismiss`. Of what was typed `keep` names fields that are not taken; with `record_revision`, the revision of the
   * record as it was shown, nothing is done if others have changed it since.
   */
  resolve(id, resolution, fields, { keep, record_revision } = {}) {
    const sent = { resolution, fields, keep, record_revision }
    for (const name of Object.keys(sent)) if (sent[name] === undefined || sent[name] === null) delete sent[name]
    return this.command('inbox', id, 'resolve', sent)
  }

  /**
   * Let go of the copy, and delete it, unless something is in it that is nowhere else: not sent, typed and not saved, or
   * not taken in. Answers whether it is deleted.
   */
  async leave() {
    const isKept = await this.#transact('readwrite', async ({ outbox, state }) => {
      const counts = [outbox.count(), state.count(keysOf(DRAFT)), state.count(keysOf(REFUSAL))]
      if ((await Promise.all(counts.map(settled))).some(Boolean)) return true
      // Another tab saves nothing into it from here on.
      await settled(state.put(true, ENDS))
      return false
    })
    if (isKept) this.close()
    else await this.clear()
    return !isKept
  }

  /** Delete the copy and all that was not pushed; whoever looks on is told. */
  async clear() {
    const { name } = this.#options
    this.#publish(null)
    this.close()
    await deleteDatabase(name)
  }

  /** Let go of the database; it stays. */
  close() {
    this.#database?.close()
    this.#database = null
    this.#channel.close()
    this.#listeners.clear()
  }

  /** Read anew how the copy stands. */
  async refresh() {
    this.#status = await this.#read(async (stores) => {
      const { usable, consistent, progress, last_sync } = { ...NOTHING_PULLED, ...(await readPull(stores)) }
      return { usable, consistent, progress, unpushed: await settled(stores.outbox.count()), lastSync: last_sync }
    })
  }

  // What is kept under names of one kind, as `[name, value]`.
  #named(kind) {
    return this.#read(async ({ state }) => {
      const all = keysOf(kind)
      const [keys, values] = await Promise.all([settled(state.getAllKeys(all)), settled(state.getAll(all))])
      return keys.map(([, name], place) => [name, values[place]])
    })
  }

  #read(work) {
    return this.#transact('readonly', work)
  }

  // Who looks on is told of what `work` answers, unless that is nothing.
  async #change(work) {
    const changes = await this.#transact('readwrite', work)
    await this.refresh()
    if (changes) this.#publish(changes)
  }

  #publish(changes) {
    this.#channel.postMessage(changes)
    this.#notify(changes)
  }

  // What another tab or the service worker did.
  async #hear(changes) {
    if (changes === null) return this.#lose()
    try {
      await this.refresh()
    } catch (error) {
      // It went meanwhile.
      if (error instanceof CopyClosed) return
      throw error
    }
    this.#notify(changes)
  }

  // Another tab or the service worker deletes the copy: it says so, and so does the database, in any order.
  #lose() {
    if (!this.#database) return
    this.#notify(null)
    this.close()
  }

  async #transact(mode, work) {
    if (!this.#database) throw new CopyClosed()
    return transact(this.#database, mode, work)
  }

  #notify(changes) {
    for (const [collection, ids] of Object.entries(changes ?? {})) for (const id of ids) this.#texts.get(collection)?.stale.add(id)
    for (const { collection, listener } of this.#listeners) {
      if (changes === null || collection === null || collection in changes) listener(changes)
    }
  }

  // The words of a collection are kept; what changed since is read again, by one search at a time, so that none is
  // answered without what another is still reading.
  #textsOf(collection) {
    const known = this.#texts.get(collection) ?? { texts: null, stale: new Set(), turn: Promise.resolve() }
    this.#texts.set(collection, known)
    const turn = known.turn.then(() => this.#readTexts(known, collection))
    known.turn = turn.catch(() => {})
    return turn
  }

  // What could not be read is read the next time.
  async #readTexts(known, collection) {
    const fields = searchable(this.#options.manifest.collections.find(({ name }) => name === collection))
    if (!known.texts) {
      known.stale.clear()
      known.texts = await this.#allTexts(collection, fields)
    }
    for (const id of [...known.stale]) {
      known.stale.delete(id)
      try {
        const record = await this.get(collection, id)
        if (record) known.texts.set(id, { record, text: textOf(record, fields) })
        else known.texts.delete(id)
      } catch (error) {
        known.stale.add(id)
        throw error
      }
    }
    return known.texts
  }

  async #allTexts(collection, fields) {
    const records = await this.all(collection)
    return new Map(records.map((record) => [record.id, { record, text: textOf(record, fields) }]))
  }

  // Told until it was heard; refusals wait for a listener, warnings do not.
  async #tell() {
    const { onRefused, onWarned } = this.#options
    for (const [part, listener] of [['refusals', onRefused], ['warnings', onWarned]]) {
      const news = await this.#read((stores) => readNews(stores, part))
      if (!news.length || (!listener && part === 'refusals')) continue
      await listener?.(news)
      await this.#transact('readwrite', ({ state }) => settled(state.delete(part)))
    }
  }
}

// Where there is Background Sync the browser has the service worker push, even after the last tab was closed.
function askForSync() {
  const worker = globalThis.navigator?.serviceWorker
  if (worker?.controller) worker.ready.then((registration) => registration.sync?.register('push')).catch(() => {})
}
