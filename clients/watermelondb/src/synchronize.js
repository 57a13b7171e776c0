// One sync: unanswered work first, then the pull page by page, then the push, all through WatermelonDB.
import { REVISION, mappingOf } from './mapping.js'
import { fillOutbox, newStream, readPush } from './outbox.js'
import { Problem, RetryLater } from './problems.js'
import { pullEverything, pullPage } from './pull.js'
import { settle } from './settle.js'
import { NOTHING_PULLED, STATE_TABLE, readState, writeState } from './state.js'
import { synchronize } from './watermelon.js'

const MAX_ROWS = 2000
// The server had its say and took nothing in: the same text would only be refused again.
const NOT_TAKEN = new Set([400, 409, 413, 422])

const running = new WeakMap()

/**
 * Bring database and server together. A second call while one runs joins it.
 *
 * `manifest` is the one the schema was made from. `onRefused` hears, possibly more than once after a
 * crash, of every change that was not taken in, with what had been typed. Other options are handed to
 * WatermelonDB's `synchronize`.
 */
export function synchronizeWith(client, database, options) {
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

/** The arguments for WatermelonDB's `diagnoseSyncConsistency`. */
export function consistencyCheck(client, database, options) {
  const { manifest, maxRows = MAX_ROWS } = options
  return {
    db: database,
    synchronize: () => synchronizeWith(client, database, options),
    pullChanges: async ({ lastPulledAt }) => {
      const { cursor } = lastPulledAt ? await readState(database, 'pull', NOTHING_PULLED) : NOTHING_PULLED
      const changes = await pullEverything({ client, manifest, cursor, maxRows })
      return { ...changes, [STATE_TABLE]: { created: [], updated: [], deleted: [] } }
    },
    // The state of the sync lives beside the records, on this device alone.
    isExcessLocalRecordAllowed: async ({ tableName }) => tableName === STATE_TABLE,
  }
}

class Sync {
  constructor(client, database, options) {
    const { manifest, onRefused, onPage, maxRows = MAX_ROWS, conflictResolver, ...others } = options
    Object.assign(this, { client, database, manifest, onRefused, onPage, maxRows, conflictResolver, others })
    this.hasMore = true
  }

  async run() {
    await this.report()
    // Before the pull: an answer that was lost must be known before removals are judged.
    if ((await readPush(this.database)).outbox) await this.send()
    while (this.hasMore) await this.step()
    await this.report()
  }

  // One page per transaction, so that a first sync cut in the middle goes on where it was.
  async step() {
    await synchronize({
      ...this.others,
      database: this.database,
      sendCreatedAsUpdated: true,
      conflictResolver: (...versions) => this.resolve(...versions),
      pullChanges: ({ lastPulledAt }) => this.pull(lastPulledAt),
      pushChanges: async ({ changes }) => {
        if (!this.hasMore) await this.push()
        // All is settled by now, in our own transaction, or still to be sent: nothing is left to mark.
        return { experimentalRejectedIds: idsOf(changes) }
      },
    })
  }

  async pull(lastPulledAt) {
    const { client, database, manifest, maxRows } = this
    const mayRestart = !this.hasRestarted
    const { page, answer } = await pullPage({ client, database, manifest, maxRows, lastPulledAt, mayRestart })
    this.hasMore = page.has_more
    this.hasRestarted ||= page.replace
    this.onPage?.(page)
    return answer
  }

  // An edit keeps the revision it was based on, or the server could not tell that it clashes.
  resolve(table, local, remote, resolved) {
    if (local._status !== 'synced' && mappingOf(this.manifest).has(table)) {
      resolved[REVISION] = local[REVISION]
    }
    return this.conflictResolver?.(table, local, remote, resolved) ?? resolved
  }

  async push() {
    while ((await fillOutbox(this.database, this.manifest)).outbox) await this.send()
  }

  async send() {
    const { outbox } = await readPush(this.database)
    let answer
    try {
      answer = await this.client.push(outbox.text)
    } catch (error) {
      return this.recover(error)
    }
    const retry = await settle(this.database, this.manifest, answer)
    if (retry) {
      await this.report()
      throw new RetryLater(retry)
    }
    return undefined
  }

  // A batch that was not taken in is forgotten; its changes are still dirty and are numbered afresh.
  async recover(error) {
    if (!(error instanceof Problem) || !NOT_TAKEN.has(error.status)) throw error
    const push = await readPush(this.database)
    const renumbered = renumber(push, error)
    await writeState(this.database, 'push', renumbered ?? { ...push, outbox: null })
    if (!renumbered || (error.status === 409 && this.hasRenumbered)) throw error
    this.hasRenumbered = true
  }

  // Told until it was heard; without a listener the refusals wait in the database.
  async report() {
    const refusals = await readState(this.database, 'refusals', [])
    if (!refusals.length || !this.onRefused) return
    await this.onRefused(refusals)
    await writeState(this.database, 'refusals', [])
  }
}

function renumber(push, { code, status, problem }) {
  if (code === 'stream_gap') return { ...push, next: problem.expected, outbox: null }
  if (code === 'stream_diverged') return newStream()
  const most = Math.floor(push.outbox.changes.length / 2)
  return status === 413 && most > 0 ? { ...push, most, outbox: null } : null
}

function idsOf(changes) {
  return Object.fromEntries(
    Object.entries(changes).map(([table, { created, updated, deleted }]) => [
      table,
      [...created, ...updated].map(({ id }) => id).concat(deleted),
    ]),
  )
}
