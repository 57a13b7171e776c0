// The conversation with the server: signing in, staying signed in, and asking.
import { DeviceWiped, Problem, SignedOut, UnexpectedAnswer, Unreachable, problemFrom } from './problems.js'
import { isTrueWipeOrder } from './wipe.js'

const SESSION = 'studio-sync.session'
const RECEIPT = 'studio-sync.wipe-receipt'

/**
 * A client of one server.
 *
 * `storage` is where the session lives: `getItem`, `setItem` and `removeItem`, plain or async, as of
 * AsyncStorage or localStorage; keep it in the platform's keychain. `onWipe` must clear the local data
 * (see `clearDatabase`); it is called only for a verified order.
 */
export function createClient({ baseUrl, fetch, storage, crypto, onWipe }) {
  return new Client({
    baseUrl: baseUrl.replace(/\/+$/, ''),
    fetch: fetch ?? globalThis.fetch.bind(globalThis),
    storage: storage ?? memoryStorage(),
    crypto: crypto ?? globalThis.crypto,
    onWipe,
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
    const body = { account, initials, password, device }
    const answer = await this.#send('POST', '/v1/auth/login', { body })
    return published(await this.#keep(answer, answer.server_time))
  }

  /** End the session here and on the server; the database stays. */
  async signOut() {
    const session = await this.#session()
    if (!session) return
    await this.#options.storage.removeItem(SESSION)
    await this.#send('POST', '/v1/auth/logout', {
      body: { refresh_token: session.refresh_token },
      token: session.access_token,
    })
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

  /** Ask as the one signed in; an expired token is renewed once. */
  async request(method, path, { body, text } = {}) {
    const session = await this.#session()
    if (!session) throw new SignedOut()
    try {
      return await this.#send(method, path, { body, text, token: session.access_token })
    } catch (error) {
      if (error.code === 'invalid_token') throw new SignedOut(error)
      if (error.code !== 'token_expired') throw error
      const renewed = await this.#renew(session)
      return this.#send(method, path, { body, text, token: renewed.access_token })
    }
  }

  // Calls that meet an expired token together share one renewal: a refresh token is good for one.
  #renew(session) {
    this.#refreshing ??= this.#refresh(session).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #refresh(stale) {
    const session = await this.#session()
    if (session && session.access_token !== stale.access_token) return session
    try {
      const answer = await this.#send('POST', '/v1/auth/refresh', {
        body: { refresh_token: stale.refresh_token },
      })
      return await this.#keep(answer, stale.server_time)
    } catch (error) {
      if (error instanceof Problem && error.status === 401) throw new SignedOut(error)
      throw error
    }
  }

  async #send(method, path, { body, text, token }) {
    const response = await this.#fetch(method, path, text ?? (body && JSON.stringify(body)), token)
    if (!response.ok) throw await this.#refusal(await problemFrom(response))
    if (response.status === 204) return null
    const type = response.headers.get('content-type') ?? ''
    if (!type.startsWith('application/json')) throw new UnexpectedAnswer(response.status)
    try {
      return await response.json()
    } catch (error) {
      throw new Unreachable(error)
    }
  }

  async #fetch(method, path, text, token) {
    const headers = { accept: 'application/json' }
    if (text !== undefined) headers['content-type'] = 'application/json'
    if (token) headers.authorization = `Bearer ${token}`
    try {
      return await this.#options.fetch(`${this.#options.baseUrl}${path}`, { method, headers, body: text })
    } catch (error) {
      throw new Unreachable(error)
    }
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

  async #keep({ access_token, refresh_token, account, user, device, wipe_key }, server_time) {
    const session = { access_token, refresh_token, account, user, device, wipe_key, server_time }
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

function memoryStorage() {
  const items = new Map()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  }
}
