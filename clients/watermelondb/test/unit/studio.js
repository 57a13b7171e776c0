// A small studio on an honest wire, in this process: just enough of the protocol to test a phone with.
import { randomUUID } from 'node:crypto'

const field = (name, type, more = {}) => ({
  name, type, required: false, nullable: true, read_only: false, link: null, choices: null, since: 1, part: null, ...more,
})

export const MANIFEST = {
  schema_version: 1,
  minimum_schema_version: 1,
  limits: { max_changes: 500 },
  collections: [
    { name: 'sessions', number: 200, writable: true, day: 'date', fields: [
      field('client_id', 'id', { link: 'clients' }), field('name', 'text'), field('date', 'date'), field('table', 'text'),
    ] },
    { name: 'session_types', number: 20, writable: false, day: null, fields: [field('name', 'text')] },
    { name: 'clients', number: 100, writable: true, day: null, fields: [
      field('first_name', 'text'), field('last_name', 'text'), field('phones', 'objects'), field('groups', 'ids'),
      field('number', 'integer', { read_only: true }), field('is_active', 'boolean'),
      field('updated_at', 'instant', { read_only: true }), field('notes', 'text', { part: 'notes' }),
    ] },
  ],
}

const RANK = Object.fromEntries(MANIFEST.collections.map(({ name, number }) => [name, number]))

export class Studio {
  revision = 0
  epoch = 1
  rows = new Map()
  streams = new Map()
  requests = []
  token = 'access-1'
  device = { id: randomUUID(), name: 'Phone' }
  deactivated = null
  /** The refusal of every cursor from now on: `[status, code]`. */
  cursorRefusal = null
  #refreshes = 0

  static async open() {
    const studio = new Studio()
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    studio.keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    studio.wipeKey = await crypto.subtle.exportKey('jwk', studio.keys.publicKey)
    return studio
  }

  /** Change a record as somebody else would. */
  put(collection, id, fields, by = 'desk') {
    const old = this.rows.get(id)
    this.revision += 1
    const stamps = { ...old?.stamps }
    for (const name of Object.keys(fields)) stamps[name] = { revision: this.revision, by }
    const record = { ...old?.record, ...fields, id, revision: this.revision }
    this.rows.set(id, { collection, id, revision: this.revision, record, stamps, is_deleted: false, is_hidden: false })
    return record
  }

  remove(id) {
    this.#end(id, { is_deleted: true })
  }

  hide(id) {
    this.#end(id, { is_hidden: true })
  }

  #end(id, how) {
    this.revision += 1
    this.rows.set(id, { ...this.rows.get(id), revision: this.revision, ...how })
  }

  /** Stop the access token that is out; the next call must renew it. */
  expire() {
    this.token = `access-${randomUUID()}`
  }

  async deactivate(claims = {}, header = {}, keys = this.keys) {
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const body = { iss: 'studio', aud: 'studio-device', sub: this.device.id, iat: Math.floor(Date.now() / 1000), ...claims }
    const text = `${encode({ alg: 'ES256', typ: 'wipe+jwt', ...header })}.${encode(body)}`
    const how = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(how, keys.privateKey, new TextEncoder().encode(text))
    this.deactivated = `${text}.${Buffer.from(signature).toString('base64url')}`
  }

  fetch = async (url, { method, headers, body }) => {
    const path = new URL(url).pathname
    this.requests.push({ method, path, body })
    const sent = body && JSON.parse(body)
    if (path === '/v1/auth/login') return this.#session()
    if (path === '/v1/auth/refresh') return this.#renew(sent)
    if (path === '/v1/devices/me/wiped') return new Response(null, { status: 204 })
    if (this.deactivated) return refusal(403, 'device_deactivated', { wipe_order: this.deactivated })
    if (headers.authorization !== `Bearer ${this.token}`) return refusal(401, 'token_expired')
    if (path === '/v1/sync/manifest') return answer(MANIFEST)
    if (path === '/v1/sync/pull') return this.#pull(sent)
    return this.#push(sent)
  }

  #session() {
    return answer({
      access_token: this.token, refresh_token: `refresh-${this.#refreshes}`, account: {}, user: {},
      device: this.device, wipe_key: this.wipeKey, server_time: new Date().toISOString(),
    })
  }

  #renew({ refresh_token }) {
    if (refresh_token !== `refresh-${this.#refreshes}`) return refusal(401, 'invalid_credentials')
    this.#refreshes += 1
    return this.#session()
  }

  #pull({ cursor, max_rows }) {
    if (cursor && this.cursorRefusal) return refusal(...this.cursorRefusal)
    const from = cursor ? JSON.parse(cursor) : { at: [0, 0, ''], held: 0 }
    if (cursor && from.epoch !== this.epoch) return refusal(410, 'resync_required', { reason: 'server_restored', mode: 'replace' })
    const rows = [...this.rows.values()].filter((row) => after(place(row), from.at)).sort((a, b) => (after(place(a), place(b)) ? 1 : -1))
    const page = rows.slice(0, max_rows)
    const changes = Object.fromEntries(MANIFEST.collections.map(({ name }) => [name, { put: [], del: [], evict: [] }]))
    for (const row of page) {
      if (row.is_deleted || row.is_hidden) {
        if (from.held) changes[row.collection][row.is_deleted ? 'del' : 'evict'].push(row.id)
      } else changes[row.collection].put.push(row.record)
    }
    const has_more = rows.length > page.length
    const at = has_more ? place(page.at(-1)) : [this.revision, 999, '']
    return answer({ cursor: JSON.stringify({ at, held: 1, epoch: this.epoch }), revision: this.revision, replace: !cursor, has_more, changes })
  }

  #push({ stream, first, changes }) {
    const known = this.streams.get(stream) ?? { last: 0, results: new Map() }
    if (first > known.last + 1) return refusal(409, 'stream_gap', { expected: known.last + 1 })
    const isDiverged = changes.some((change) => known.results.get(change.n) && known.results.get(change.n).text !== JSON.stringify(change))
    if (isDiverged) return refusal(409, 'stream_diverged')
    const results = []
    for (const change of changes) {
      if (change.n > known.last) {
        const result = { n: change.n, code: null, message: null, fields: null, server: null, blocked_by: null, in_scope: true, inbox_id: null, revision: null, ...this.#judge(change, stream) }
        if (result.verdict === 'retry') {
          results.push(result)
          break
        }
        known.results.set(change.n, { text: JSON.stringify(change), result })
        known.last = change.n
      }
      results.push(known.results.get(change.n).result)
    }
    this.streams.set(stream, known)
    return answer({ results, last: known.last, revision: this.revision })
  }

  #judge({ collection, id, op, base_revision, fields }, stream) {
    const row = this.rows.get(id)
    if (this.busy) return { verdict: 'retry', code: 'busy' }
    const isKnown = row && !row.is_deleted
    if (fields.last_name === '') return { verdict: 'rejected', code: 'invalid', server: isKnown ? row.record : null }
    if (RANK[collection] === RANK.session_types) return { verdict: 'rejected', code: 'read_only', server: isKnown ? row.record : null }
    if (fields.client_id && !this.rows.has(fields.client_id)) return { verdict: 'blocked', code: 'parent_refused' }
    if (op === 'delete') {
      if (!isKnown) return { verdict: 'noop' }
      if (row.record.revision > base_revision) return { verdict: 'conflict', code: 'edited', server: row.record }
      this.remove(id)
      return { verdict: 'applied', revision: this.revision }
    }
    if (op === 'create') {
      if (row) return { verdict: 'conflict', code: 'already_exists', server: isKnown ? row.record : null }
      return { verdict: 'applied', revision: this.put(collection, id, fields, stream).revision }
    }
    if (!isKnown) return { verdict: 'rejected', code: 'not_found' }
    const lost = Object.keys(fields).filter((name) => row.stamps[name]?.revision > base_revision && row.stamps[name].by !== stream)
    const kept = Object.fromEntries(Object.entries(fields).filter(([name]) => !lost.includes(name)))
    if (!Object.keys(kept).length) return { verdict: 'conflict', code: 'clash', server: row.record }
    const { is_hidden } = row
    const record = this.put(collection, id, kept, stream)
    this.rows.get(id).is_hidden = is_hidden
    const verdict = { revision: record.revision, in_scope: !is_hidden }
    if (lost.length) return { ...verdict, verdict: 'merged', fields: Object.fromEntries(lost.map((name) => [name, 'clash'])), server: record }
    return { ...verdict, verdict: 'applied' }
  }
}

const place = (row) => [row.revision, RANK[row.collection], row.id]

function after(one, other) {
  for (const [index, part] of one.entries()) if (part !== other[index]) return part > other[index]
  return false
}

function answer(value) {
  return new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } })
}

function refusal(status, code, more = {}) {
  const headers = { 'content-type': 'application/problem+json' }
  return new Response(JSON.stringify({ code, status, title: code, ...more }), { status, headers })
}
