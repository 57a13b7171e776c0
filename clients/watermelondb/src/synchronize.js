// One sync: what was done here goes up and what changed comes down, page by page, all through WatermelonDB.
import { Problem, RetryLater, repair } from '@studio-sync/client'
import { REVISION, mappingOf } from './mapping.js'
import { filledOutbox, readPush } from './outbox.js'
import { answerOf, mergesOf, pullEverything, relinked, told } from './pull.js'
import { heldOf, unpushedIds } from './rows.js'
import { setAside, settle, unsend } from './settle.js'
import { STATE_TABLE, readPull, readState, writeState } from './state.js'
import { synchronize } from './watermelon.js'

const MAX_ROWS = 2000
// What ends a cursor and nothing else; the copy is the signed-in user's own.
const ENDS_OF_A_CURSOR = new Set(['resync_required', 'cursor_malformed', 'cursor_collections'])
// The request itself is not taken, and the same bytes never will be: the fault is in one of its changes.
const REFUSED_WHOLE = new Set([400, 408, 413, 422, 500])
// How often a server that fails over one change is tried again before that is set aside.
const FAILURES = 3

const running = new WeakMap()

/**
 * Bring database and server together. A second call while one runs joins it. Answers what was done:
 * `{pages, pushed, repaired}`, the last of them the collections that were not as they should be.
 *
 * `manifest` is the one the schema was made from. `onRefused` hears, possibly more than once after a
 * crash, of every change that was not taken in, with what had been typed; `onWarned` likewise of what the
 * user should know of changes that were. With `verify` what is held is compared with what should be held, and
 * repaired. Other options are handed to WatermelonDB's `synchronize`.
 */
export function synchronizeWith(client, database, options) {
  // WatermelonDB empties a database that it cannot bring to the schema: the developer hears of it before a user does.
  if (!database.adapter.migrations) {
    return Promise.reject(new Error('Hand migrationsFromManifest(manifest) to the adapter: an update would lose what is not pushed.'))
  }
  if (!running.has(database)) {
    const sync = new Sync(client, database, options)
    running.set(database, sync.run().finally(() => running.delete(database)))
  }
  return running.get(database)
}

/** Empty the database, as a wipe order demands. */
export function clearDatabase(database) {
  return database.write(() => database.unsafeResetDatabase())
}

/**
 * How the database stands: whether the app may open on it (`usable`) and all is there (`consistent`), the
 * progress of a first sync, how many records and commands are not pushed yet, and when to sync next.
 */
export async function statusOf(database, manifest) {
  const { usable, consistent, progress, revision, scope_version, next_sync_at } = await readPull(database)
  let unpushed = (await readState(database, 'commands', [])).length
  for (const table of mappingOf(manifest).keys()) unpushed += (await unpushedIds(database.get(table))).length
  return { usable, consistent, progress, revision, scopeVersion: scope_version, unpushed, nextSyncAt: next_sync_at }
}

/** The arguments for WatermelonDB's `diagnoseSyncConsistency`. */
export function consistencyCheck(client, database, options) {
  const { manifest, maxRows = MAX_ROWS } = options
  return {
    db: database,
    synchronize: () => synchronizeWith(client, database, options),
    pullChanges: async ({ lastPulledAt }) => {
      const { cursor } = lastPulledAt ? await readPull(database) : { cursor: null }
      const changes = await pullEverything({ client, manifest, cursor, maxRows })
      return { ...changes, [STATE_TABLE]: { created: [], updated: [], deleted: [] } }
    },
    // The state of the sync lives beside the records, on this device alone.
    isExcessLocalRecordAllowed: async ({ tableName }) => tableName === STATE_TABLE,
  }
}

class Sync {
  constructor(client, database, options) {
    const { manifest, onRefused, onWarned, onMerged, onPage, verify, maxRows = MAX_ROWS, conflictResolver, ...others } = options
    Object.assign(this, { client, database, manifest, onMerged, onPage, verify, maxRows, conflictResolver, others })
    this.listeners = { refusals: onRefused, warnings: onWarned }
    this.report = { pages: 0, pushed: 0, repaired: [] }
    this.merges = {}
  }

  async run() {
    await this.tell()
    do {
      await this.step()
    } while (this.hasMore || (!this.failure && (await this.outbox())))
    if (this.isVerifying) await this.heal()
    await this.tell()
    if (this.failure) throw this.failure
    return this.report
  }

  outbox() {
    return filledOutbox(this.database, this.manifest)
  }

  // One page per transaction, so that a first sync cut in the middle goes on where it was.
  async step() {
    const page = await this.nextPage()
    this.onPage?.(page)
    await this.store(page.changes, told(page), page.replace)
    this.isBeginning = false
    this.hasMore = page.has_more
    this.digests = page.digests
    this.report.pages += 1
  }

  async store(changes, kept = {}, replace = false) {
    this.merges = mergesOf(changes)
    await synchronize({
      ...this.others,
      database: this.database,
      sendCreatedAsUpdated: true,
      conflictResolver: (...versions) => this.resolve(...versions),
      pullChanges: ({ lastPulledAt }) =>
        answerOf({ database: this.database, manifest: this.manifest, changes, kept, replace, lastPulledAt }),
      // Nothing is pushed here: all that is dirty goes with the next question, written down before it is sent.
      pushChanges: async ({ changes: dirty }) => ({ experimentalRejectedIds: idsOf(dirty) }),
    })
    if (Object.keys(this.merges).length) this.onMerged?.(this.merges)
  }

  // An edit keeps the revision it was based on, or the server could not tell that it clashes.
  resolve(table, local, remote, resolved) {
    const known = mappingOf(this.manifest).get(table)
    if (local._status !== 'synced' && known) {
      resolved[REVISION] = local[REVISION]
      Object.assign(resolved, relinked(known, resolved, this.merges))
    }
    return this.conflictResolver?.(table, local, remote, resolved) ?? resolved
  }

  // What was done here goes up first: an answer that was lost must be known before removals are judged.
  async nextPage() {
    for (;;) {
      const outbox = this.failure ? null : await this.outbox()
      const question = await this.question()
      try {
        if (!outbox) return await this.client.pull(question)
        const { push, pull } = await this.client.exchange(outbox.text, question)
        await this.settle(push)
        return pull
      } catch (error) {
        await this.recover(error, outbox)
      }
    }
  }

  async question() {
    const { cursor, mustVerify } = await readPull(this.database)
    this.isVerifying = Boolean(this.verify || mustVerify)
    return { cursor: this.isBeginning ? null : cursor, max_rows: this.maxRows, digests: this.isVerifying }
  }

  // Whatever either half refuses refuses both, and nothing was taken in.
  async recover(error, outbox) {
    if (!(error instanceof Problem)) throw error
    if (ENDS_OF_A_CURSOR.has(error.code)) return this.beginAgain(error)
    if (!outbox) throw error
    if (isOfNumbers(error)) return this.renumber(error)
    if (error.code.startsWith('cursor_') || !REFUSED_WHOLE.has(error.status)) throw error
    return this.pushAlone()
  }

  // When a cursor cannot be continued the copy is repaired where the server says that will do, and otherwise
  // replaced; unpushed edits stay where they are either way. Once in a sync.
  async beginAgain(error) {
    const { cursor } = await readPull(this.database)
    if (cursor === null || this.hasBegunAgain) throw error
    this.hasBegunAgain = true
    this.isBeginning = error.problem.mode !== 'reconcile' || !(await this.reconcile())
  }

  async reconcile() {
    const { cursor, digests } = await this.client.verify({ cursor: null })
    const isRepaired = await this.repair(cursor, digests)
    if (isRepaired) await this.store({}, { cursor })
    return isRepaired
  }

  // To see whose fault it is the batch goes by itself, and in halves until it is one change.
  async pushAlone() {
    const { text, changes } = await this.outbox()
    try {
      await this.settle(await this.client.push(text))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (isOfNumbers(error)) await this.renumber(error)
      else if (!REFUSED_WHOLE.has(error.status)) throw error
      else if (changes.length > 1) await unsend(this.database, { most: Math.floor(changes.length / 2) })
      else await this.giveUp(error)
    }
  }

  // A server that fails may pass by itself; a change it refuses never does.
  async giveUp(error) {
    if (error.status === 408) throw error
    const push = await readPush(this.database)
    const failures = push.failures + 1
    if (error.status === 500 && failures < FAILURES) {
      await writeState(this.database, 'push', { ...push, failures })
      this.failure = error
    } else {
      await setAside(this.database, this.manifest, error)
    }
  }

  // Once in a sync; a second time somebody else numbers in our stream.
  async renumber(error) {
    if (this.hasRenumbered) throw error
    this.hasRenumbered = true
    const isGap = error.code === 'stream_gap'
    await unsend(this.database, isGap ? { expected: error.problem.expected } : { isFresh: true })
  }

  async settle(answer) {
    const retry = await settle(this.database, this.manifest, answer)
    this.report.pushed += answer.results.length
    if (retry) this.failure = new RetryLater(retry)
  }

  async heal() {
    const { cursor, mustVerify } = await readPull(this.database)
    const isRepaired = await this.repair(cursor, this.digests)
    if (mustVerify === isRepaired) await this.store({}, { mustVerify: !isRepaired })
  }

  // Says whether it came to its end: it cannot where the scope changes on the way.
  async repair(cursor, digests) {
    const { client, database, manifest } = this
    const collections = [...mappingOf(manifest).keys()]
    const held = (table) => heldOf(database, table)
    const store = (changes) => this.store(changes)
    try {
      const repaired = await repair({ client, collections, heldOf: held, cursor, digests, store })
      this.report.repaired.push(...repaired)
      return true
    } catch (error) {
      if (error.code !== 'not_consistent') throw error
      return false
    }
  }

  // Told until it was heard; refusals wait in the database for a listener, warnings do not.
  async tell() {
    for (const [part, listener] of Object.entries(this.listeners)) {
      const news = await readState(this.database, part, [])
      if (!news.length || (!listener && part === 'refusals')) continue
      await listener?.(news)
      await writeState(this.database, part, [])
    }
  }
}

function isOfNumbers({ code }) {
  return code === 'stream_gap' || code === 'stream_diverged'
}

function idsOf(changes) {
  return Object.fromEntries(
    Object.entries(changes).map(([table, { created, updated, deleted }]) => [
      table,
      [...created, ...updated].map(({ id }) => id).concat(deleted),
    ]),
  )
}
