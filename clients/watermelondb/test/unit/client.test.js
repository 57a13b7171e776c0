// Staying signed in, and what may and may not clear a phone.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createClient } from '../../src/index.js'
import { MANIFEST, Studio } from '../../../javascript/test/studio.js'

async function begin() {
  const studio = await Studio.open()
  const wipes = []
  const line = { fetch: studio.fetch }
  const client = createClient({ baseUrl: 'https://studio.test', fetch: (...request) => line.fetch(...request), onWipe: () => wipes.push('wiped') })
  await client.signIn({ account: 'demo', initials: 'JD', password: 'secret', device: { uid: 'phone-1' } })
  return { studio, client, wipes, line }
}

const pull = (client) => client.pull({ cursor: null, max_rows: 10 })

test('an expired token is renewed, once for all who met it', async () => {
  const { studio, client } = await begin()
  studio.expire()
  await Promise.all([pull(client), client.manifest(), pull(client)])
  assert.equal(studio.requests.filter(({ path }) => path === '/v1/auth/refresh').length, 1)
})

test('an app that was updated says so before it asks for anything else, once', async () => {
  const { studio } = await begin()
  const items = new Map()
  const storage = { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) }
  const started = (schema_version) => createClient({ baseUrl: 'https://studio.test', fetch: studio.fetch, storage, app: { app_version: `${schema_version}.0.0`, schema_version } })
  await started(1).signIn({ account: 'demo', initials: 'JD', password: 'secret', device: { uid: 'phone-1' } })
  assert.equal(studio.told.schema_version, 1)
  await pull(started(1))
  const updated = started(2)
  studio.requests.length = 0
  await Promise.all([pull(updated), updated.manifest()])
  await pull(updated)
  assert.deepEqual(studio.requests.map(({ path }) => path).sort(), ['/v1/auth/refresh', '/v1/sync/manifest', '/v1/sync/pull', '/v1/sync/pull'])
  assert.deepEqual(studio.told, { uid: 'phone-1', app_version: '2.0.0', schema_version: 2 })
})

test('a renewal whose answer comes after signing out changes nothing', async () => {
  const { studio, client, line } = await begin()
  studio.expire()
  line.fetch = async (url, ...more) => {
    const response = await studio.fetch(url, ...more)
    if (url.endsWith('/refresh')) await client.signOut().catch(() => {})
    return response
  }
  await assert.rejects(client.manifest(), { code: 'signed_out' })
  assert.equal(await client.session(), null)
})

test('a sign-in that has ended says so', async () => {
  const { client, line } = await begin()
  line.fetch = async () => answer(401, 'application/problem+json', { code: 'invalid_token' })
  await assert.rejects(client.manifest(), { code: 'signed_out' })
})

test('a renewal that is refused says so, a renewal a portal answered does not', async () => {
  const { studio, client, line } = await begin()
  studio.expire()
  const renewal = (told) => async (url, ...more) => (url.endsWith('/refresh') ? told() : studio.fetch(url, ...more))
  line.fetch = renewal(() => new Response('<h1>Hotel</h1>', { status: 401, headers: { 'content-type': 'text/html' } }))
  await assert.rejects(client.manifest(), { code: 'unexpected_answer' })
  line.fetch = renewal(() => answer(401, 'application/problem+json', { code: 'refresh_reused' }))
  await assert.rejects(client.manifest(), { code: 'signed_out' })
})

test('a receipt that was lost is sent again at the next sign-in', async () => {
  const { studio, client, line } = await begin()
  await studio.deactivate()
  line.fetch = async (url, ...more) => {
    if (url.endsWith('/wiped')) throw new TypeError('fetch failed')
    return studio.fetch(url, ...more)
  }
  await assert.rejects(pull(client), { code: 'device_wiped' })
  line.fetch = studio.fetch
  studio.requests.length = 0
  await client.signIn({ account: 'demo', initials: 'JD', password: 'secret', device: { uid: 'phone-1' } })
  await client.signIn({ account: 'demo', initials: 'JD', password: 'secret', device: { uid: 'phone-1' } })
  assert.deepEqual(studio.requests.map(({ path }) => path), ['/v1/devices/me/wiped', '/v1/auth/login', '/v1/auth/login'])
})

test('without a sign-in nothing is asked', async () => {
  const client = createClient({ baseUrl: 'https://studio.test', fetch: () => assert.fail('asked') })
  await assert.rejects(client.manifest(), { code: 'signed_out' })
})

test('a refusal carries its code and the pause asked for', async () => {
  const { client, line } = await begin()
  line.fetch = async () => answer(503, 'application/problem+json', { code: 'maintenance' }, { 'retry-after': '7' })
  await assert.rejects(pull(client), { name: 'Problem', code: 'maintenance', status: 503, retryAfter: 7 })
})

test('the manifest is what the server gave', async () => {
  const { client } = await begin()
  assert.deepEqual(await client.manifest(), MANIFEST)
})

test('a true order wipes once and ends the session', async () => {
  const { studio, client, wipes } = await begin()
  await studio.deactivate()
  await assert.rejects(pull(client), { code: 'device_wiped' })
  assert.deepEqual(wipes, ['wiped'])
  assert.equal(await client.session(), null)
})

const otherKeys = () => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const hour = 3600

const forgeries = {
  'signed by somebody else': async (studio) => studio.deactivate({}, {}, await otherKeys()),
  'for another device': (studio) => studio.deactivate({ sub: 'another' }),
  'for another audience': (studio) => studio.deactivate({ aud: 'studio-api' }),
  'for another account': (studio) => studio.deactivate({ acc: 'another' }),
  'for another copy of the app': (studio) => studio.deactivate({ uid: 'another' }),
  'of another issuer': (studio) => studio.deactivate({ iss: 'another' }),
  'of another type': (studio) => studio.deactivate({}, { typ: 'at+jwt' }),
  'of no algorithm': (studio) => studio.deactivate({}, { alg: 'none' }),
  'from before this sign-in': (studio) => studio.deactivate({ iat: Math.floor(Date.now() / 1000) - hour }),
  'that is no token': (studio) => { studio.deactivated = 'wipe!' },
  'that is missing': (studio) => { studio.deactivated = undefined; studio.fetch = async () => answer(403, 'application/problem+json', { code: 'device_deactivated', wipe: true }) },
}

for (const [what, forge] of Object.entries(forgeries)) {
  test(`an order ${what} wipes nothing`, async () => {
    const { studio, client, wipes, line } = await begin()
    await forge(studio)
    line.fetch = studio.fetch
    await assert.rejects(pull(client), { name: 'Problem', code: 'device_deactivated' })
    assert.deepEqual(wipes, [])
    assert.notEqual(await client.session(), null)
  })
}

for (const status of [200, 401, 403, 404, 502]) {
  test(`a page of HTML with status ${status} wipes nothing and signs nobody out`, async () => {
    const { client, wipes, line } = await begin()
    line.fetch = async () => new Response('<h1>Welcome to the hotel</h1>', { status, headers: { 'content-type': 'text/html' } })
    await assert.rejects(pull(client), { code: 'unexpected_answer' })
    assert.deepEqual(wipes, [])
    assert.notEqual(await client.session(), null)
  })
}

function answer(status, type, value, headers = {}) {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': type, ...headers } })
}
