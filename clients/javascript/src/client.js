// The conversation with the server: signing in, staying signed in, and asking.
import { eventsOf } from './events.js'
import { DeviceWiped, Problem, SignedOut, UnexpectedAnswer, Unreachable, problemFrom } from './problems.js'
import { isTrueWipeOrder } from './wipe.js'

const SESSION = 'studio-sync.session'
const RECEIPT = 'studio-sync.wipe-receipt'

/**
 * A client of one server.
 *
 * `storage` is where the session lives: `getItem`, `setItem` and `removeItem`, plain or async, as of
 * AsyncStorage or localStorage; keep it in the platform's keychain. `onWipe` must clear the local data
 * (see `clearDatabase`); it is called only for a verified order. `app` is what the app is by now, its
 * `app_version` and `schema_version`: after an update the server is told before anything else is asked. Where several
 * share one storage, as the tabs of a browser do, `lock` runs what it is given while no other does.
 */
export function createClient({ baseUrl, fetch, storage, crypto, onWipe, app, lock }) {
  return new Client({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    fetch: fetch ?? globalThis.fetch.bind(globalThis),
    storage: storage ?? memoryStorage(),
    crypto: crypto ?? globalThis.crypto,
    onWipe,
    app,
    lock: lock ?? ((work) => work()),
  })
}

class Client {
  #options
  #refreshing = null

  constructor(options) {
    this.#options = options
  }

  /** Sign in; with `device` as a phone, without it as a desk. Answers `{account, user, device}`. */
  async signIn({ account, initials, password, device }) {
    await this.#sendReceipt().catch(() => {})
    const phone = device && { ...device, ...this.#options.app }
    const answer = await this.#send('POST', '/v1/auth/login', {
      body: { account, initials, password, device: phone },
    })
    return published(await this.#keep(answer, { server_time: answer.server_time, uid: phone?.uid, app: appOf(phone) }))
  }

  /** End the session here and on the server; the database stays. */
  async signOut() {
    const session = await this.#session()
    if (!session) return
    await this.#options.storage.removeItem(SESSION)
    try {
      await this.#send('POST', '/v1/auth/logout', { token: session.access_token })
    } catch (error) {
      if (error.code !== 'token_expired') throw error
      // A sign-in that is only forgotten would go on at the server.
      const { access_token } = await this.#renewed(session)
      await this.#send('POST', '/v1/auth/logout', { token: access_token })
    }
  }

  /** Who is signed in, as `{account, user, device}`, or null. */
  async session() {
    const session = await this.#session()
    return session && published(session)
  }

  /** What can be synced: collections, fields, limits. */
  manifest() {
    return this.request('GET', '/v1/sync/manifest')
  }

  /** One page of what changed; `cursor` null begins. */
  pull(question) {
    return this.request('POST', '/v1/sync/pull', { body: question })
  }

  /** Send a batch whose text was settled before, so that a repeat is the same to the byte. */
  push(text) {
    return this.request('POST', '/v1/sync/push', { text })
  }

  /** Send a batch and ask for a page in one round trip; the page has what the batch changed. */
  exchange(text, question) {
    return this.request('POST', '/v1/sync', { text: `{"push":${text},"pull":${JSON.stringify(question)}}` })
  }

  /** Compare what is held with what should be held, ever finer. */
  verify(question) {
    return this.request('POST', '/v1/sync/verify', { body: question })
  }

  /** Wait until the account has moved beyond what is known, at most some seconds. */
  wait(known, seconds, { signal } = {}) {
    return this.request('GET', `/v1/sync/wait?${queryOf({ ...known, seconds })}`, { signal })
  }

  /**
   * The live stream, event by event, as `{event, data}`; a sign of life has no `event`. Ends with the stream,
   * and throws what a refusal in it means.
   */
  async *live(known, { signal } = {}) {
    const path = `/v1/sync/live?${queryOf(known)}`
    const response = await this.#asked((token) => this.#open('GET', path, { token, signal, accept: 'text/event-stream' }))
    if (typeof response.body?.getReader !== 'function') throw new UnexpectedAnswer(response.status)
    for await (const event of eventsOf(response.body)) {
      if (event.event === 'refused') throw await this.#refused(event.data)
      yield event
    }
  }

  /** Ask as the one signed in; an expired token is renewed once. */
  request(method, path, { body, text, ifMatch, signal } = {}) {
    return this.#asked((token) => this.#send(method, path, { body, text, ifMatch, signal, token }))
  }

  async #asked(ask) {
    let session = await this.#session()
    if (!session) throw new SignedOut()
    if (this.#isUpdated(session)) session = await this.#renew(session)
    try {
      return await ask(session.access_token)
    } catch (error) {
      if (error.code === 'invalid_token') throw new SignedOut(error)
      if (error.code !== 'token_expired') throw error
      const renewed = await this.#renew(session)
      return ask(renewed.access_token)
    }
  }

  // The server gives records in the shape of the version it was told last.
  #isUpdated({ app: told }) {
    const { app } = this.#options
    return Boolean(told && app) && (told.app_version !== app.app_version || told.schema_version !== app.schema_version)
  }

  // Calls that meet an expired token together share one renewal: a refresh token is good for one.
  #renew(session) {
    this.#refreshing ??= this.#options.lock(() => this.#refresh(session)).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #refresh(stale) {
    const session = await this.#session()
    if (!session) throw new SignedOut()
    if (session.access_token !== stale.access_token) return session
    const app = this.#appNow(session)
    try {
      const answer = await this.#renewed(session)
      // Signed out or wiped meanwhile: the answer comes too late.
      if (!(await this.#session())) throw new SignedOut()
      return await this.#keep(answer, { ...session, app })
    } catch (error) {
      if (error instanceof Problem && error.status === 401) throw new SignedOut(error)
      throw error
    }
  }

  #appNow(session) {
    return session.app && (this.#options.app ?? session.app)
  }

  #renewed(session) {
    const { refresh_token, uid: device_uid } = session
    return this.#send('POST', '/v1/auth/refresh', { body: { refresh_token, device_uid, ...this.#appNow(session) } })
  }

  async #send(method, path, content) {
    const response = await this.#open(method, path, content)
    if (response.status === 204) return null
    const type = response.headers.get('content-type') ?? ''
    if (!type.startsWith('application/json')) throw new UnexpectedAnswer(response.status)
    try {
      return await response.json()
    } catch (error) {
      throw new Unreachable(error)
    }
  }

  async #open(method, path, { body, text, ...how }) {
    const response = await this.#fetch(method, path, text ?? (body && JSON.stringify(body)), how)
    if (!response.ok) throw await this.#refusal(await problemFrom(response))
    return response
  }

  async #fetch(method, path, text, { token, ifMatch, signal, accept = 'application/json' } = {}) {
    const headers = { accept }
    if (ifMatch !== undefined) headers['if-match'] = ifMatch
    if (text !== undefined) headers['content-type'] = 'application/json'
    if (token) headers.authorization = `Bearer ${token}`
    try {
      return await this.#options.fetch(`${this.#options.baseUrl}${path}`, { method, headers, body: text, signal })
    } catch (error) {
      throw new Unreachable(error)
    }
  }

  // A stream tells in its last event what a request would have been answered with.
  async #refused(problem) {
    const error = await this.#refusal(new Problem(problem, { status: problem.status }))
    return error.code === 'invalid_token' ? new SignedOut(error) : error
  }

  async #refusal(error) {
    if (!(error instanceof Problem) || error.code !== 'device_deactivated') return error
    const session = await this.#session()
    const order = error.problem.wipe_order
    if (!session || !(await isTrueWipeOrder(order, session, this.#options.crypto))) return error
    await this.#wipe(order)
    return new DeviceWiped(error)
  }

  async #wipe(order) {
    await this.#options.onWipe?.()
    await this.#options.storage.setItem(RECEIPT, order)
    await this.#options.storage.removeItem(SESSION)
    await this.#sendReceipt().catch(() => {})
  }

  // The order is kept until the server has answered its receipt, whatever the answer is.
  async #sendReceipt() {
    const order = await this.#options.storage.getItem(RECEIPT)
    if (!order) return
    const response = await this.#fetch('POST', '/v1/devices/me/wiped', JSON.stringify({ wipe_order: order }))
    const isAnswered = response.ok || (await problemFrom(response)) instanceof Problem
    if (isAnswered && response.status < 500) await this.#options.storage.removeItem(RECEIPT)
  }

  // `server_time` and `uid` are those of the sign-in, for a wipe order is measured by them.
  async #keep({ access_token, refresh_token, account, user, device, wipe_key }, { server_time, uid, app }) {
    const session = { access_token, refresh_token, account, user, device, wipe_key, server_time, uid, app }
    await this.#options.storage.setItem(SESSION, JSON.stringify(session))
    return session
  }

  async #session() {
    const text = await this.#options.storage.getItem(SESSION)
    return text ? JSON.parse(text) : null
  }
}

function published({ account, user, device }) {
  return { account, user, device }
}

function appOf(phone) {
  return phone && { app_version: phone.app_version, schema_version: phone.schema_version }
}

function queryOf(members) {
  const told = Object.entries(members).filter(([, value]) => value !== undefined && value !== null)
  return told.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
}

function memoryStorage() {
  const items = new Map()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  }
}
