// Staying in step while the app is open: what is poked arrives, whatever the line lets through.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { keepInStep } from '../../src/index.js'
import { Phone } from '../phone.js'
import { MANIFEST, Studio } from '../../../javascript/test/studio.js'

const CREDENTIALS = { account: 'demo', initials: 'JD', password: 'secret' }
const LIVE = '/v1/sync/live'
const WAIT = '/v1/sync/wait'

// A phone that stays in step; what it waits for passes at once or never, and is noted.
async function begin({ stream = true, passes = () => false } = {}) {
  const studio = await Studio.open()
  studio.put('clients', randomUUID(), { last_name: 'Lee' })
  const phone = await Phone.signedIn({ manifest: MANIFEST, baseUrl: 'https://studio.test', fetch: studio.fetch, credentials: CREDENTIALS })
  const heard = new EventEmitter()
  const pauses = []
  const sleep = (milliseconds, signal) => new Promise((resolve) => {
    pauses.push(milliseconds)
    if (passes(milliseconds) || signal.aborted) return setImmediate(resolve)
    signal.addEventListener('abort', resolve)
  })
  const syncs = []
  const onSync = (report) => { syncs.push(report); heard.emit('sync') }
  const stay = (more) => keepInStep(phone.client, phone.database, { ...phone.options, stream, sleep, onSync, ...more })
  const count = (path) => studio.requests.filter((request) => request.path === path).length
  return { studio, phone, heard, pauses, syncs, stay, count }
}

async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve))
}

const isThere = (phone, id) => () => phone.has('clients', id)

for (const [how, stream, path] of [['a stream', true, LIVE], ['an answer that comes late', false, WAIT]]) {
  test(`what somebody else does arrives by ${how}`, async () => {
    const { studio, phone, stay, count } = await begin({ stream })
    const { stop, done } = stay({ onSync: undefined })
    await until(() => studio.listening === 1 && phone.pages.length > 0)
    const id = randomUUID()
    studio.put('clients', id, { last_name: 'New' })
    studio.poke()
    await until(isThere(phone, id))
    assert.ok(count(path) >= 1)
    assert.equal(count(stream ? WAIT : LIVE), 0)
    await until(() => studio.listening === 1)
    stop()
    assert.equal(await done, undefined)
    assert.equal(studio.listening, 0)
  })

  test(`what is known already is no news by ${how}`, async () => {
    const { studio, phone, heard, syncs, stay } = await begin({ stream })
    await phone.sync()
    const { stop, done } = stay()
    await until(() => studio.listening === 1 && syncs.length === 1)
    studio.poke()
    await until(() => studio.listening === 1)
    const id = randomUUID()
    studio.put('clients', id, { last_name: 'New' })
    const next = once(heard, 'sync')
    studio.poke()
    await next
    assert.equal(syncs.length, 2)
    stop()
    await done
  })
}

test('a line that lets no stream through is asked for late answers', async () => {
  const { studio, phone, stay, count } = await begin({ passes: (milliseconds) => milliseconds === 15_000 })
  phone.line = (fetch, url, how) => {
    if (new URL(url).pathname !== LIVE) return fetch(url, how)
    return new Promise((_resolve, reject) => {
      how.signal.addEventListener('abort', () => reject(how.signal.reason))
      how.signal.throwIfAborted()
    })
  }
  const { stop, done } = stay()
  await until(() => phone.pages.length > 0 && studio.listening === 1)
  const id = randomUUID()
  studio.put('clients', id, { last_name: 'New' })
  studio.poke()
  await until(isThere(phone, id))
  assert.ok(count(WAIT) >= 1)
  stop()
  assert.equal(await done, undefined)
})

test('a stream that ends is opened again after the time it says', async () => {
  const { studio, pauses, stay, count } = await begin({ passes: (milliseconds) => milliseconds === 3200 })
  const { stop, done } = stay()
  await until(() => studio.listening === 1)
  studio.poke('end', { reason: 'renew', retry_after: 3.2 })
  await until(() => count(LIVE) === 2)
  assert.ok(pauses.includes(3200))
  stop()
  await done
})

test('a stream another one has replaced is not opened again', async () => {
  const { studio, phone, stay, count } = await begin()
  const { stop, done } = stay()
  await until(() => studio.listening === 1 && phone.pages.length > 0)
  studio.poke('end', { reason: 'replaced', retry_after: 3.2 })
  await until(() => studio.listening === 0)
  stop()
  assert.equal(await done, undefined)
  assert.equal(count(LIVE), 1)
})

test('a token that ends on the way is renewed and the stream opened again', async () => {
  const { studio, stay, count } = await begin()
  const { stop, done } = stay()
  await until(() => studio.listening === 1)
  studio.expire()
  studio.poke('refused', { code: 'token_expired', status: 401, title: 'Expired' })
  await until(() => studio.listening === 1 && count('/v1/auth/refresh') === 1)
  stop()
  assert.equal(await done, undefined)
})

test('a deactivation ends it, and the signed order wipes', async () => {
  const { studio, phone, stay } = await begin()
  const { done } = stay()
  await until(() => studio.listening === 1 && phone.pages.length > 0)
  await studio.deactivate()
  studio.poke('refused', { code: 'device_deactivated', status: 403, title: 'Deactivated', wipe_order: studio.deactivated })
  assert.equal((await done).code, 'device_wiped')
  assert.equal(phone.wipes, 1)
})

test('who is signed out is told so', async () => {
  const { studio, stay } = await begin()
  const { done } = stay()
  await until(() => studio.listening === 1)
  studio.poke('refused', { code: 'invalid_token', status: 401, title: 'Ended' })
  assert.equal((await done).code, 'signed_out')
})

test('without a line it waits longer each time, and goes on when the line is back', async () => {
  const { studio, phone, pauses, stay } = await begin({ passes: (milliseconds) => milliseconds < 15_000 })
  let tries = 0
  phone.line = (fetch, ...request) => {
    tries += 1
    if (tries < 7) throw new TypeError('fetch failed')
    return fetch(...request)
  }
  const { stop, done } = stay()
  await until(() => phone.pages.length > 0 && studio.listening === 1)
  assert.ok(Math.max(...pauses.filter((pause) => pause < 15_000)) > Math.min(...pauses))
  stop()
  assert.equal(await done, undefined)
})
