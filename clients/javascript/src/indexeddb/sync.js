// One sync: what was done here goes up and what changed comes down, page by page.
import { repair } from '../heal.js'
import { Problem, RetryLater } from '../problems.js'
import { settled } from './database.js'
import { filledBatch, unsend } from './outbox.js'
import { heldOf, mergesOf, storeChanges, told } from './pages.js'
import { setAside, settle } from './settle.js'
import { newStream, readPull, readPush } from './state.js'

const MAX_ROWS = 2000
// What ends a cursor and nothing else; the copy is the signed-in user's own.
const ENDS_OF_A_CURSOR = new Set(['resync_required', 'cursor_malformed', 'cursor_collections'])
// The request itself is not taken, and the same bytes never will be: the fault is in one of its changes.
const REFUSED_WHOLE = new Set([400, 408, 413, 422, 500])
// How often a server that fails over one change is tried again before that is set aside.
const FAILURES = 3

/**
 * `read` and `change` do something in one transaction, the latter telling what was changed to whoever looks on.
 * Whoever runs this sees to it that nobody else does meanwhile.
 */
export class Sync {
  constructor({ client, manifest, read, change, onPage, onMerged, verify, maxRows = MAX_ROWS }) {
    Object.assign(this, { client, manifest, read, change, onPage, onMerged, verify, maxRows })
    this.report = { pages: 0, pushed: 0, repaired: [] }
  }

  async run() {
    do {
      await this.step()
    } while (this.hasMore || (!this.failure && (await this.batch())))
    if (this.isVerifying) await this.heal()
    if (this.failure) throw this.failure
    return this.report
  }

  // One page per transaction, so that a first sync cut in the middle goes on where it was.
  async step() {
    const page = await this.nextPage()
    await this.store(page.changes, { kept: told(page), replace: page.replace })
    this.onPage?.(page)
    this.isBeginning = false
    this.hasMore = page.has_more
    this.digests = page.digests
    this.report.pages += 1
  }

  async store(changes, how) {
    await this.change((stores) => storeChanges(stores, changes, { ...how, links: linksOf(this.manifest) }))
    const merges = mergesOf(changes)
    if (Object.keys(merges).length) this.onMerged?.(merges)
  }

  async batch() {
    // What was sent waits in the queue until it is judged.
    if (!(await this.read(({ outbox }) => settled(outbox.count())))) return null
    let batch = null
    await this.change(async (stores) => {
      batch = await filledBatch(stores, this.manifest.limits.max_changes)
    })
    return batch
  }

  // What was done here goes up first: an answer that was lost must be known before removals are judged.
  async nextPage() {
    for (;;) {
      const batch = this.failure ? null : await this.batch()
      const question = await this.question()
      try {
        if (!batch) return await this.client.pull(question)
        const { push, pull } = await this.client.exchange(batch.text, question)
        await this.settle(push)
        return pull
      } catch (error) {
        await this.recover(error, batch)
      }
    }
  }

  async question() {
    const { cursor, mustVerify } = await this.read(readPull)
    this.isVerifying = Boolean(this.verify || mustVerify)
    return { cursor: this.isBeginning ? null : cursor, max_rows: this.maxRows, digests: this.isVerifying }
  }

  // Whatever either half refuses refuses both, and nothing was taken in.
  async recover(error, batch) {
    if (!(error instanceof Problem)) throw error
    if (ENDS_OF_A_CURSOR.has(error.code)) return this.beginAgain(error)
    if (!batch) throw error
    if (isOfNumbers(error)) return this.renumber(error)
    if (error.code.startsWith('cursor_') || !REFUSED_WHOLE.has(error.status)) throw error
    return this.pushAlone()
  }

  // When a cursor cannot be continued the copy is repaired where the server says that will do, and otherwise replaced;
  // unpushed edits stay where they are either way. Once in a sync.
  async beginAgain(error) {
    const { cursor } = await this.read(readPull)
    if (cursor === null || this.hasBegunAgain) throw error
    this.hasBegunAgain = true
    this.isBeginning = error.problem.mode !== 'reconcile' || !(await this.reconcile())
  }

  async reconcile() {
    const { cursor, digests } = await this.client.verify({ cursor: null })
    const isRepaired = await this.repair(cursor, digests)
    if (isRepaired) await this.store({}, { kept: { cursor } })
    return isRepaired
  }

  // To see whose fault it is the batch goes by itself, and in halves until it is one save.
  async pushAlone() {
    const { text, keys } = await this.batch()
    try {
      await this.settle(await this.client.push(text))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (isOfNumbers(error)) await this.renumber(error)
      else if (!REFUSED_WHOLE.has(error.status)) throw error
      else if (keys.length > 1 && (await this.read(readPush)).most > 1) await this.halve(keys.length)
      else await this.giveUp(error)
    }
  }

  halve(size) {
    return this.change(async (stores) => {
      await unsend(stores, { most: Math.max(1, Math.floor(size / 2)) })
    })
  }

  // A server that fails may pass by itself; a change it refuses never does.
  async giveUp(error) {
    if (error.status === 408) throw error
    await this.change(async (stores) => {
      const push = await readPush(stores)
      const failures = push.failures + 1
      if (error.status !== 500 || failures >= FAILURES) return setAside(stores, error)
      await settled(stores.state.put({ ...push, failures }, 'push'))
      this.failure = error
    })
  }

  // Once in a sync; a second time somebody else numbers in our stream.
  async renumber(error) {
    if (this.hasRenumbered) throw error
    this.hasRenumbered = true
    const how = error.code === 'stream_gap' ? { expected: error.problem.expected } : { stream: newStream() }
    await this.change(async (stores) => {
      await unsend(stores, how)
    })
  }

  async settle(answer) {
    await this.change(async (stores) => {
      const { retry, changes } = await settle(stores, answer)
      if (retry) this.failure = new RetryLater(retry)
      return changes
    })
    this.report.pushed += answer.results.length
  }

  async heal() {
    const { cursor, mustVerify } = await this.read(readPull)
    const isRepaired = await this.repair(cursor, this.digests)
    if (mustVerify === isRepaired) await this.store({}, { kept: { mustVerify: !isRepaired } })
  }

  // Says whether it came to its end: it cannot where the scope changes on the way.
  async repair(cursor, digests) {
    const collections = this.manifest.collections.map(({ name }) => name)
    const held = (collection) => this.read((stores) => heldOf(stores, collection))
    const store = (changes) => this.store(changes)
    try {
      const repaired = await repair({ client: this.client, collections, heldOf: held, cursor, digests, store })
      this.report.repaired.push(...repaired)
      return true
    } catch (error) {
      if (error.code !== 'not_consistent') throw error
      return false
    }
  }
}

// Which fields of which collections are, or list, the ids of what.
function linksOf({ collections }) {
  return Object.fromEntries(
    collections.map(({ name, fields }) => [
      name,
      Object.fromEntries(fields.filter(({ link }) => link).map((field) => [field.name, field.link])),
    ]),
  )
}

function isOfNumbers({ code }) {
  return code === 'stream_gap' || code === 'stream_diverged'
}
