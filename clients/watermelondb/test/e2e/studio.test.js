// A day of phones against the real server; each scenario ends with WatermelonDB's own diagnosis.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'

import { createClient } from '../../src/index.js'
import { kinds } from '../databases.js'
import { Phone } from '../phone.js'

const PULL = '/v1/sync/pull'
const PUSH = '/v1/sync/push'

const demo = JSON.parse(readFileSync(process.env.STUDIO_DEMO, 'utf8'))
const administrator = demo.users.find(({ role }) => role === 'administrator') ?? demo.users[0]
const colleague = demo.users.find((user) => user !== administrator)

let desk, ours, theirs

const credentialsOf = ({ initials, password }) => ({ account: demo.account, initials, password })

function takePhone(user) {
  return Phone.signedIn({ kind: kinds.at(-1), baseUrl: demo.base_url, credentials: credentialsOf(user) })
}

async function countOf(table, phone) {
  return phone.database.get(table).query().fetchCount()
}

async function someClient(phone, place = 0) {
  const clients = await phone.all('clients')
  return clients.sort((one, other) => (one.id < other.id ? -1 : 1))[place]
}

async function everybodySynced() {
  await ours.sync()
  await theirs.sync()
  await ours.sync()
  await ours.assertConsistent()
  await theirs.assertConsistent()
}

before(async () => {
  desk = createClient({ baseUrl: demo.base_url })
  await desk.signIn(credentialsOf(administrator))
  ours = await takePhone(administrator)
  theirs = await takePhone(colleague)
})

after(async () => {
  await ours.store.close()
  await theirs.store.close()
})

test('an authorized phone signs in and its first sync brings the whole studio', async (t) => {
  ours.maxRows = 500
  await ours.sync()
  const totals = {}
  for (const { progress } of ours.pages) {
    for (const [table, { total }] of Object.entries(progress)) totals[table] = total
  }
  assert.ok(totals.clients >= 1, 'the server told how many clients there are')
  let records = 0
  for (const { name } of ours.manifest.collections) {
    const count = await countOf(name, ours)
    assert.equal(count, totals[name] ?? 0, name)
    records += count
  }
  t.diagnostic(`${records} records of ${Object.keys(totals).length} collections in ${ours.pages.length} pages`)
  assert.equal(ours.pages.at(-1).consistent, true)
  await theirs.sync()
  await everybodySynced()
})

test('what was done offline arrives at another phone', async () => {
  const client = await someClient(ours)
  const [task] = await ours.all('tasks')
  ours.cut(PULL)
  await ours.edit('clients', client.id, { job_title: 'Baker', phones: [{ ...client.phones[0], number: '555 0100' }] })
  const created = await ours.create('clients', { first_name: 'Ottilie', last_name: 'Offline', client_type: client.client_type })
  const session = await ours.create('sessions', { client_id: created.id, description: 'First sitting', date: '2026-05-04' })
  await ours.remove('tasks', task.id)
  await assert.rejects(ours.sync(), { code: 'unreachable' })
  ours.mend()
  await ours.restart()
  await everybodySynced()
  assert.deepEqual(ours.refused, [])
  const seen = await theirs.find('clients', client.id)
  assert.equal(seen.job_title, 'Baker')
  assert.equal(seen.phones[0].number, '555 0100')
  assert.equal((await theirs.find('clients', created.id)).last_name, 'Offline')
  assert.equal((await theirs.find('sessions', session.id)).client_id, created.id)
  assert.equal(await theirs.has('tasks', task.id), false)
})

test('edits of different fields of one record are merged', async () => {
  const { id } = await someClient(ours, 1)
  await ours.edit('clients', id, { job_title: 'Florist' })
  await theirs.edit('clients', id, { salutation: 'Dr.' })
  await theirs.sync()
  await everybodySynced()
  for (const phone of [ours, theirs]) {
    const { job_title, salutation } = await phone.find('clients', id)
    assert.deepEqual([job_title, salutation], ['Florist', 'Dr.'])
  }
  assert.deepEqual([...ours.refused, ...theirs.refused], [])
})

test('in a clash the earlier edit stands and what was typed later is reported', async (t) => {
  const { id } = await someClient(ours, 2)
  await ours.edit('clients', id, { job_title: 'Ours' })
  await theirs.edit('clients', id, { job_title: 'Theirs' })
  await theirs.sync()
  await everybodySynced()
  assert.equal((await ours.find('clients', id)).job_title, 'Theirs')
  const [refusal] = ours.refused.splice(0)
  t.diagnostic(`${refusal.verdict}, ${refusal.code}: ${refusal.message}`)
  assert.equal(refusal.verdict, 'conflict')
  assert.deepEqual(refusal.typed, { job_title: 'Ours' })
})

test('a merge that loses one of two fields reports it', async () => {
  const { id } = await someClient(ours, 3)
  await ours.edit('clients', id, { job_title: 'Ours', salutation: 'Prof.' })
  await theirs.edit('clients', id, { job_title: 'Theirs' })
  await theirs.sync()
  await everybodySynced()
  const { job_title, salutation } = await ours.find('clients', id)
  assert.deepEqual([job_title, salutation], ['Theirs', 'Prof.'])
  assert.equal(ours.refused.splice(0)[0].verdict, 'merged')
})

test('a lost answer is asked for again and nothing is done twice', async () => {
  const before = await countOf('clients', ours)
  const created = await ours.create('clients', { last_name: 'Once' })
  ours.cut(PUSH, { times: 1, isAfter: true })
  await assert.rejects(ours.sync(), { code: 'unreachable' })
  ours.mend()
  await ours.restart()
  await ours.edit('clients', created.id, { first_name: 'Only' })
  await everybodySynced()
  assert.equal(await countOf('clients', theirs), before + 1)
  assert.equal((await theirs.find('clients', created.id)).first_name, 'Only')
  assert.deepEqual(ours.refused, [])
})

test('a record deleted elsewhere goes, and the edit it had here is reported', async () => {
  const [task, other] = await ours.all('tasks')
  await theirs.remove('tasks', task.id)
  await theirs.remove('tasks', other.id)
  await ours.edit('tasks', task.id, { subject: 'Too late' })
  await theirs.sync()
  await everybodySynced()
  assert.equal(await ours.has('tasks', task.id), false)
  assert.equal(await ours.has('tasks', other.id), false)
  assert.deepEqual(ours.refused.splice(0).map(({ typed }) => typed), [{ subject: 'Too late' }])
})

test('a refused record and its children go, reported, and the rest arrives', async () => {
  const { id } = await someClient(ours, 4)
  const bad = await ours.create('clients', { last_name: 'x'.repeat(5000) })
  const child = await ours.create('sessions', { client_id: bad.id, description: 'Never' })
  await ours.edit('clients', id, { job_title: 'Carpenter' })
  await everybodySynced()
  assert.equal(await ours.has('clients', bad.id), false)
  assert.equal(await ours.has('sessions', child.id), false)
  assert.equal((await theirs.find('clients', id)).job_title, 'Carpenter')
  assert.deepEqual(ours.refused.splice(0).map(({ verdict }) => verdict).sort(), ['blocked', 'rejected'])
})

test('an edit of what only the server sets is undone and reported', async () => {
  const [type] = await ours.all('session_types')
  const { description } = type
  await ours.database.write(() => type.update(() => type._setRaw('description', 'Mine')))
  await everybodySynced()
  assert.equal((await ours.find('session_types', type.id)).description, description)
  assert.equal(ours.refused.splice(0)[0].verdict, 'rejected')
})

test('a first sync cut in the middle goes on; a deactivated phone is wiped by a signed order alone', async (t) => {
  const lost = await takePhone(administrator)
  lost.maxRows = 100
  let asked = 0
  lost.line = (fetch, url, ...more) => {
    if (new URL(url).pathname === PULL && ++asked === 4) throw new TypeError('fetch failed')
    return fetch(url, ...more)
  }
  await assert.rejects(lost.sync(), { code: 'unreachable' })
  const early = lost.pages.length
  lost.mend()
  await lost.restart()
  await lost.sync()
  assert.equal(lost.pages.slice(early).some(({ replace }) => replace), false)
  t.diagnostic(`cut after ${early} pages, then ${lost.pages.length - early} more`)
  await lost.assertConsistent()

  lost.line = async () => new Response('{"code":"device_deactivated","wipe":true}', { status: 403, headers: { 'content-type': 'application/problem+json' } })
  await assert.rejects(lost.sync(), { code: 'device_deactivated' })
  assert.equal(lost.wipes, 0)
  lost.mend()

  const path = `/v1/devices/${lost.session.device.id}`
  await desk.request('PATCH', path, { body: { is_inactive: true } })
  await assert.rejects(lost.sync(), { code: 'device_wiped' })
  assert.equal(lost.wipes, 1)
  assert.equal(await countOf('clients', lost), 0)
  const { devices } = await desk.request('GET', '/v1/devices')
  const slot = devices.find(({ id }) => id === lost.session.device.id)
  assert.notEqual(slot.wiped_at, null)
  t.diagnostic(`receipt noted at ${slot.wiped_at}`)
  await lost.store.close()
  await everybodySynced()
})
