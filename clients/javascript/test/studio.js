// A small studio on an honest wire, in this process: just enough of the protocol to test a phone with.
import { createHash, randomUUID } from 'node:crypto'

const field = (name, type, more = {}) => ({
  name, type, required: false, nullable: true, read_only: false, link: null, choices: null, default: null, since: 1, part: null, ...more,
})

export const MANIFEST = {
  schema_version: 1,
  minimum_schema_version: 1,
  limits: { max_changes: 500 },
  collections: [
    { name: 'sessions', number: 200, since: 1, writable: true, day: 'date', fields: [
      field('client_id', 'id', { link: 'clients' }), field('name', 'text'), field('date', 'date'), field('table', 'text'),
    ] },
    { name: 'session_types', number: 20, since: 1, writable: false, day: null, fields: [field('name', 'text')] },
    { name: 'clients', number: 100, since: 1, writable: true, day: null, fields: [
      field('first_name', 'text'), field('last_name', 'text'), field('phones', 'objects'), field('groups', 'ids'),
      field('number', 'integer', { read_only: true }), field('is_active', 'boolean'),
      field('updated_at', 'instant', { read_only: true }), field('notes', 'text', { part: 'notes' }),
      field('recommended_by_ids', 'ids', { link: 'clients' }),
    ] },
    { name: 'inbox', number: 900, since: 1, writable: false, day: 'date', fields: [
      field('date', 'date', { read_only: true }), field('resolution', 'text', { read_only: true }),
    ] },
  ],
}

/** The manifest once the server knows more: three fields, and a collection that is new. */
export const NEXT_MANIFEST = {
  ...MANIFEST,
  schema_version: 2,
  collections: [
    ...MANIFEST.collections.map((each) => each.name !== 'clients' ? each : { ...each, fields: [
      ...each.fields, field('nickname', 'text', { since: 2 }),
      field('is_vip', 'boolean', { since: 2, nullable: false, default: false }),
      field('tags', 'texts', { since: 2, nullable: false, default: [] }),
    ] }),
    { name: 'tasks', number: 300, since: 2, writable: true, day: null, fields: [
      field('subject', 'text', { since: 2 }), field('client_id', 'id', { link: 'clients', since: 2 }),
    ] },
  ],
}

const RANK = Object.fromEntries(NEXT_MANIFEST.collections.map(({ name, number }) => [name, number]))

export class Studio {
  revision = 0
  epoch = 1
  rows = new Map()
  streams = new Map()
  requests = []
  token = 'access-1'
  device = { id: randomUUID(), name: 'Phone' }
  account = { id: randomUUID() }
  deactivated = null
  /** Whether the sign-in was ended by who had signed in. */
  isSignedOut = false
  /** What there is to sync. */
  manifest = MANIFEST
  /** What a phone said of itself last. */
  told = null
  /** A change that refuses the whole push it is in: `(change) => [status, code]` or nothing. */
  refusal = () => null
  /** What each push may have at most. */
  most = 500
  /** How many records an answer to a comparison may have. */
  mostRepaired = 500
  /** The mode of `resync_required`. */
  mode = 'replace'
  /** What verdicts say of records that are hidden. */
  isHiddenInScope = false
  /** Who listens, each as `(event, data)`. */
  #waiting = new Set()
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

  /** Make one record of two, as the server does: who named the one names the other. */
  merge(gone, stays) {
    this.remove(gone)
    this.rows.get(gone).merged = stays
  }

  /** Tell everybody who listens how far the account is, or something else. */
  poke(event = 'poke', data = this.position) {
    for (const told of [...this.#waiting]) told(event, data)
  }

  get position() {
    return { revision: this.revision, scope_version: 1 }
  }

  /** How many listen. */
  get listening() {
    return this.#waiting.size
  }

  /** Stop the access token that is out; the next call must renew it. */
  expire() {
    this.token = `access-${randomUUID()}`
  }

  async deactivate(claims = {}, header = {}, keys = this.keys) {
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const ours = { iss: 'studio', aud: 'studio-device', acc: this.account.id, sub: this.device.id, uid: this.told.uid }
    const body = { ...ours, iat: Math.floor(Date.now() / 1000), ...claims }
    const text = `${encode({ alg: 'ES256', typ: 'wipe+jwt', ...header })}.${encode(body)}`
    const how = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(how, keys.privateKey, new TextEncoder().encode(text))
    this.deactivated = `${text}.${Buffer.from(signature).toString('base64url')}`
  }

  fetch = async (url, { method, headers, body, signal }) => {
    const { pathname: path, searchParams: query } = new URL(url)
    this.requests.push({ method, path, body, query: Object.fromEntries(query) })
    const sent = body && JSON.parse(body)
    if (path === '/v1/auth/login') return this.#session(sent.device)
    if (path === '/v1/auth/refresh') return this.#renew(sent)
    if (path === '/v1/devices/me/wiped') return new Response(null, { status: 204 })
    if (this.deactivated) return refusal(403, 'device_deactivated', { wipe_order: this.deactivated })
    if (headers.authorization !== `Bearer ${this.token}`) return refusal(401, 'token_expired')
    if (path === '/v1/auth/logout') {
      this.isSignedOut = true
      return new Response(null, { status: 204 })
    }
    if (path === '/v1/sync/manifest') return answer(this.manifest)
    if (path === '/v1/sync/live') return this.#live(query, signal)
    if (path === '/v1/sync/wait') return this.#wait(query, signal)
    if (path === '/v1/sync/pull') return this.#pull(sent)
    if (path === '/v1/sync/verify') return this.#verify(sent)
    return path === '/v1/sync' ? this.#exchange(sent) : this.#push(sent)
  }

  async #exchange({ push, pull }) {
    const isRefused = !this.#pull(pull).ok
    const pushed = isRefused ? null : this.#push(push)
    if (pushed && !pushed.ok) return pushed
    const pulled = this.#pull(pull)
    return pulled.ok ? answer({ push: await pushed.json(), pull: await pulled.json() }) : pulled
  }

  #session(device) {
    this.told = { ...this.told, ...device }
    return answer({
      access_token: this.token, refresh_token: `refresh-${this.#refreshes}`, account: this.account, user: {},
      device: this.device, wipe_key: this.wipeKey, server_time: new Date().toISOString(),
    })
  }

  #renew({ refresh_token, device_uid, ...app }) {
    if (refresh_token !== `refresh-${this.#refreshes}` || device_uid !== this.told.uid) return refusal(401, 'invalid_credentials')
    this.#refreshes += 1
    return this.#session(app)
  }

  #isBehind(query) {
    return query.get('revision') !== String(this.revision) || query.get('scope_version') !== '1'
  }

  #live(query, signal) {
    const encoder = new TextEncoder()
    let told
    const body = new ReadableStream({
      start: (stream) => {
        stream.enqueue(encoder.encode(': waiting\nretry: 4711\n\n'))
        told = (event, data) => {
          stream.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
          if (event === 'poke') return
          this.#waiting.delete(told)
          stream.close()
        }
        this.#waiting.add(told)
        signal?.addEventListener('abort', () => { if (this.#waiting.delete(told)) stream.error(signal.reason) })
      },
      cancel: () => this.#waiting.delete(told),
    })
    if (this.#isBehind(query)) told('poke', this.position)
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }

  #wait(query, signal) {
    if (this.#isBehind(query)) return answer({ ...this.position, has_changed: true })
    return new Promise((resolve, reject) => {
      const told = (_event, data) => {
        this.#waiting.delete(told)
        resolve(answer({ ...data, has_changed: true }))
      }
      this.#waiting.add(told)
      signal?.addEventListener('abort', () => { this.#waiting.delete(told); reject(signal.reason) })
    })
  }

  #pull({ cursor, max_rows, digests }) {
    if (cursor && this.cursorRefusal) return refusal(...this.cursorRefusal)
    const from = cursor ? JSON.parse(cursor) : { at: [0, 0, ''], held: 0 }
    if (cursor && from.epoch !== this.epoch) return refusal(410, 'resync_required', { reason: 'server_restored', mode: this.mode })
    const rows = [...this.rows.values()].filter((row) => after(place(row), from.at)).sort((a, b) => (after(place(a), place(b)) ? 1 : -1))
    const page = rows.slice(0, max_rows)
    const changes = nothing(this.manifest)
    for (const row of page) {
      if (row.is_deleted || row.is_hidden) {
        if (!from.held) continue
        changes[row.collection][row.is_deleted ? 'del' : 'evict'].push(row.id)
        if (row.merged) changes[row.collection].merged[row.id] = row.merged
      } else changes[row.collection].put.push(row.record)
    }
    const has_more = rows.length > page.length
    const at = has_more ? place(page.at(-1)) : [this.revision, 999, '']
    return answer({
      cursor: this.#cursor(at), revision: this.revision, replace: !cursor, has_more, usable: !has_more, consistent: !has_more,
      progress: {}, scope: { version: 1, day: '2026-05-01' }, epoch: String(this.epoch), server_time: new Date().toISOString(),
      next_sync_after: has_more ? 0 : 300, digests: digests && !has_more ? this.#digests() : null, changes,
    })
  }

  #cursor(at) {
    return JSON.stringify({ at, held: 1, epoch: this.epoch })
  }

  #shown(collection) {
    return [...this.rows.values()].filter((row) => row.collection === collection && !row.is_deleted && !row.is_hidden)
  }

  #digests() {
    return Object.fromEntries(this.manifest.collections.map(({ name }) => [name, digestOf(this.#shown(name))]))
  }

  #verify({ cursor, collection, held }) {
    const told = { cursor: cursor ?? this.#cursor([this.revision, 999, '']), digests: null, buckets: null, has_more: false, changes: nothing(this.manifest) }
    if (!collection) return answer({ ...told, digests: this.#digests() })
    const shown = this.#shown(collection)
    const bucketOf = (id) => id.slice(-2)
    if (!held) {
      const names = new Set(shown.map(({ id }) => bucketOf(id)))
      const buckets = [...names].map((name) => [name, digestOf(shown.filter(({ id }) => bucketOf(id) === name))])
      return answer({ ...told, buckets: Object.fromEntries(buckets) })
    }
    const known = Object.assign({}, ...Object.values(held))
    const missing = shown.filter(({ id, record }) => bucketOf(id) in held && known[id] !== record.revision)
    told.changes[collection].put = missing.slice(0, this.mostRepaired).map(({ record }) => record)
    told.changes[collection].evict = Object.keys(known).filter((id) => !shown.some((row) => row.id === id))
    return answer({ ...told, has_more: missing.length > this.mostRepaired })
  }

  #push({ stream, first, changes }) {
    const known = this.streams.get(stream) ?? { last: 0, results: new Map() }
    if (first > known.last + 1) return refusal(409, 'stream_gap', { expected: known.last + 1 })
    const isDiverged = changes.some((change) => known.results.get(change.n) && known.results.get(change.n).text !== JSON.stringify(change))
    if (isDiverged) return refusal(409, 'stream_diverged')
    if (changes.length > this.most) return refusal(413, 'too_many_changes')
    const refused = changes.map((change) => this.refusal(change)).find(Boolean)
    if (refused) return refusal(...refused)
    const results = []
    for (const change of changes) {
      if (change.n > known.last) {
        const result = { n: change.n, code: null, message: null, fields: null, server: null, blocked_by: null, in_scope: true, inbox_id: null, revision: null, warnings: [], ...this.#judge(change, stream) }
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

  #judge({ collection, id, op, command, base_revision, fields }, stream) {
    const row = this.rows.get(id)
    if (this.busy) return { verdict: 'retry', code: 'busy' }
    const isKnown = row && !row.is_deleted
    if (op === 'command') return this.#command(id, command, fields)
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
    const verdict = { revision: record.revision, in_scope: !is_hidden || this.isHiddenInScope }
    if (fields.notes === 'Double') verdict.warnings = [{ code: 'possible_duplicates', message: 'Is it?', fields: ['notes'], records: [id] }]
    if (lost.length) return { ...verdict, verdict: 'merged', fields: Object.fromEntries(lost.map((name) => [name, 'clash'])), server: record }
    return { ...verdict, verdict: 'applied' }
  }

  #command(id, command, fields) {
    const row = this.rows.get(id)
    if (command !== 'resolve' || row.record.resolution) return { verdict: 'rejected', code: 'unknown_command', server: row.record }
    return { verdict: 'applied', revision: this.put(row.collection, id, { resolution: fields.resolution }).revision }
  }
}

const nothing = ({ collections }) => Object.fromEntries(collections.map(({ name }) => [name, { put: [], del: [], evict: [], merged: {} }]))

function digestOf(rows) {
  const marks = rows.map(({ id, record }) => createHash('md5').update(`${id}:${record.revision}`).digest().readBigUInt64BE())
  return { count: rows.length, mark: marks.reduce((one, other) => one ^ other, 0n).toString(16).padStart(16, '0') }
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
