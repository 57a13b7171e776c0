// Staying in step while the app is open: pokes say when to sync, by a stream or by answers that come late.
import { Problem, RetryLater, UnexpectedAnswer, Unreachable } from './problems.js'

const WAIT_SECONDS = 25
// A stream begins with a sign of life, and the server gives one every 45 seconds, unless it is set to do otherwise.
const FIRST_SIGN_MS = 15_000
const SILENCE_MS = 60_000
const LONGEST_PAUSE_MS = 300_000
// Who could not be reached just now is asked for an answer soon, so as to know when that is over.
const FIRST_WAIT_SECONDS = 1
const PASSING = new Set([408, 429, 500, 503])

/**
 * Sync now, whenever the server pokes, and when the last page says to, until `stop()`. What is kept in step is a
 * `copy` with two calls: `sync()`, and `position()`, which tells `{revision, scope_version, next_sync_at}` of what is
 * stored. `onSync` hears of each sync that was done, `onLine` whether the server is reached, each time that changes;
 * `stream` says whether `fetch` can read an
 * answer as it comes, by default what the platform says; where it cannot, as in React Native, the server is
 * asked for answers that come late. `sleep` waits some milliseconds, or until a signal; `longestPauseMs` is how long to
 * wait at most before another try.
 *
 * Answers `{stop, done}`: `done` is the error that ended it, such as `SignedOut`, or undefined after `stop()`.
 */
export function keepInStep(client, copy, options = {}) {
  const stay = new Stay(client, copy, options)
  return { stop: () => stay.stop(), done: stay.run() }
}

class Stay {
  #stopping = new AbortController()
  #wake = () => {}
  #hasNews = false
  #known = null
  #isReached = null
  #hasStreamed = false

  constructor(client, copy, { onSync, onLine, stream = canStream(), sleep = sleepUntil, longestPauseMs = LONGEST_PAUSE_MS }) {
    Object.assign(this, { client, copy, onSync, onLine, isStreaming: stream, sleep, longestPauseMs })
  }

  stop() {
    this.#stopping.abort()
  }

  // Whichever of the two ends ends the other.
  async run() {
    const both = [this.#syncAgainAndAgain(), this.#listenAgainAndAgain()].map((each) =>
      each.then(() => undefined, (error) => error).finally(() => this.stop()),
    )
    const [one, other] = await Promise.all(both)
    return one ?? other
  }

  get #isOver() {
    return this.#stopping.signal.aborted
  }

  async #syncAgainAndAgain() {
    const tries = { failed: 0 }
    while (!this.#isOver) {
      this.#hasNews = false
      const pause = await this.#attempt(tries, async () => {
        const report = await this.copy.sync()
        this.#reach(true)
        this.onSync?.(report)
        // Known is what is stored: after a restored backup it may be less than what was heard before.
        this.#known = null
        return Math.max(0, (await this.copy.position()).next_sync_at - Date.now())
      })
      await this.#rest(pause)
    }
  }

  async #listenAgainAndAgain() {
    const tries = { failed: 0 }
    while (!this.#isOver) {
      const pause = await this.#attempt(tries, () => (this.isStreaming ? this.#stream(tries) : this.#wait()))
      if (pause) await this.sleep(pause, this.#stopping.signal)
    }
  }

  // Answers how long to pause, in milliseconds; throws what a pause does not mend.
  async #attempt(tries, work) {
    try {
      const pause = await work()
      tries.failed = 0
      return pause
    } catch (error) {
      // An expired token is renewed with the next question.
      if (this.#isOver || error.code === 'token_expired') return 0
      // What is there can be used meanwhile, and there may be room again.
      if (error.name === 'QuotaExceededError') return this.longestPauseMs
      if (!isPassing(error)) throw error
      this.#reach(!(error instanceof Unreachable || error instanceof UnexpectedAnswer))
      const longer = Math.min(1000 * 2 ** tries.failed, this.longestPauseMs) * (0.5 + Math.random() / 2)
      tries.failed += 1
      return longer + 1000 * (error.retryAfter ?? 0)
    }
  }

  #reach(isReached) {
    if (this.#isOver || this.#isReached === isReached) return
    this.#isReached = isReached
    this.onLine?.(isReached)
  }

  async #wait() {
    const asked = await this.#position()
    const seconds = this.#isReached ? WAIT_SECONDS : FIRST_WAIT_SECONDS
    const answer = await this.#onALine((line) => {
      line.watch(1000 * seconds + FIRST_SIGN_MS)
      return this.client.wait(asked, seconds, { signal: line.signal })
    })
    this.#reach(true)
    if (answer.has_changed) await this.#hear(answer)
    return 0
  }

  #stream(tries) {
    return this.#onALine(async (line) => {
      let isHeard = false
      line.watch(FIRST_SIGN_MS)
      try {
        for await (const { event, data } of this.client.live(await this.#position(), { signal: line.signal })) {
          line.watch(SILENCE_MS)
          isHeard = this.#hasStreamed = true
          tries.failed = 0
          this.#reach(true)
          if (event === 'poke') await this.#hear(data)
          if (event === 'end') return await this.#ended(data)
        }
        throw new Unreachable()
      } catch (error) {
        const isSilent = line.signal.aborted
        // Whether it is dead, or the server shows less often that it lives, another one tells.
        if (isHeard && isSilent) return 0
        if (isHeard || !(isSilent || error instanceof UnexpectedAnswer)) throw error
        // Something in between holds streams back, or the platform does: ask for late answers from now on.
        this.isStreaming = false
        if (this.#hasStreamed) this.#reach(false)
        return 0
      }
    })
  }

  // A line is given up with all of this, or once it was silent for as long as `watch` was told last.
  async #onALine(work) {
    const line = new AbortController()
    const hangUp = () => line.abort()
    let watched = new AbortController()
    const watch = (milliseconds) => {
      watched.abort()
      const mine = (watched = new AbortController())
      this.sleep(milliseconds, mine.signal).then(() => mine.signal.aborted || hangUp())
    }
    this.#stopping.signal.addEventListener('abort', hangUp)
    try {
      return await work({ signal: line.signal, watch })
    } finally {
      watched.abort()
      this.#stopping.signal.removeEventListener('abort', hangUp)
    }
  }

  // Another stream of this sign-in has taken its place: what that hears is not told here, so sync by the clock.
  async #ended({ reason, retry_after }) {
    if (reason !== 'replaced') return 1000 * retry_after
    await new Promise((resolve) => {
      this.#stopping.signal.addEventListener('abort', resolve)
      if (this.#isOver) resolve()
    })
    return 0
  }

  // What this device knows already, as from its own push, is no news.
  async #hear(told) {
    const stored = await this.#position()
    this.#known = { revision: told.revision, scope_version: told.scope_version }
    if (told.revision === stored.revision && told.scope_version === stored.scope_version) return
    this.#hasNews = true
    this.#wake()
  }

  async #position() {
    const { revision, scope_version } = await this.copy.position()
    return this.#known ?? { revision, scope_version }
  }

  async #rest(milliseconds) {
    if (this.#isOver || this.#hasNews) return
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    this.#stopping.signal.addEventListener('abort', this.#wake)
    await this.sleep(milliseconds, woken.signal)
    this.#stopping.signal.removeEventListener('abort', this.#wake)
  }
}

function isPassing(error) {
  if (error instanceof Problem) return PASSING.has(error.status)
  return error instanceof Unreachable || error instanceof UnexpectedAnswer || error instanceof RetryLater
}

// React Native's own fetch answers only once an answer has ended.
function canStream() {
  return typeof Response === 'function' && 'body' in Response.prototype
}

function sleepUntil(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    function done() {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
