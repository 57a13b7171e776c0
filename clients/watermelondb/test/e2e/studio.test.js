// A day of phones against the real server; each scenario ends with WatermelonDB's own diagnosis.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'

import { createClient, keepInStep, openInbox, queueCommand, resolveInbox } from '../../src/index.js'
import { kinds } from '../databases.js'
import { Phone } from '../phone.js'

const PULL = '/v1/sync/pull'
const EXCHANGE = '/v1/sync'

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
  ours.cut(EXCHANGE)
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
  ours.cut(EXCHANGE, { times: 1, isAfter: true })
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

for (const stream of [true, false]) {
  test(`what is done on one phone arrives at another that is in step by ${stream ? 'a stream' : 'answers that come late'}`, async () => {
    const { id } = await someClient(ours, 5)
    const stay = keepInStep(theirs.client, theirs.database, { ...theirs.options, stream })
    const arrived = new Promise((resolve) => {
      const changes = theirs.database.get('clients').query().observeWithColumns(['job_title'])
      const watch = changes.subscribe((clients) => {
        if (!clients.some((client) => client.id === id && client.job_title === `Poked ${stream}`)) return
        setImmediate(() => watch.unsubscribe())
        resolve()
      })
    })
    await ours.edit('clients', id, { job_title: `Poked ${stream}` })
    await ours.sync()
    const ended = await Promise.race([arrived, stay.done])
    assert.equal(ended, undefined)
    stay.stop()
    assert.equal(await stay.done, undefined)
    await everybodySynced()
  })
}

test('a task is completed offline by a command', async () => {
  const task = await ours.create('tasks', { subject: 'Order frames' })
  await queueCommand(ours.database, 'tasks', task.id, 'complete')
  await everybodySynced()
  assert.notEqual((await theirs.find('tasks', task.id)).complete_date, null)
  assert.deepEqual(ours.refused, [])
})

test('what was lost in a clash is taken after all from the inbox', async () => {
  const { id } = await someClient(ours, 6)
  await ours.edit('clients', id, { job_title: 'Mine after all' })
  await theirs.edit('clients', id, { job_title: 'Theirs first' })
  await theirs.sync()
  await everybodySynced()
  const [{ inbox_id }] = ours.refused.splice(0)
  const entry = (await openInbox(ours.database)).find((each) => each.id === inbox_id)
  assert.deepEqual(entry.typed, { job_title: 'Mine after all' })
  await resolveInbox(ours.database, inbox_id, 'take_mine')
  await everybodySynced()
  assert.equal((await theirs.find('clients', id)).job_title, 'Mine after all')
  assert.equal((await openInbox(ours.database)).some((each) => each.id === inbox_id), false)
})

test('a new client like another one is taken in with a warning', async (t) => {
  const { email } = (await ours.all('clients')).find((client) => client.email)
  ours.warned.length = 0
  const twin = await ours.create('clients', { last_name: 'Twin', email })
  await everybodySynced()
  const [warning] = ours.warned.filter(({ id }) => id === twin.id)
  t.diagnostic(`${warning.code}: ${warning.message}`)
  assert.ok(warning.records.length > 0)
  await ours.remove('clients', twin.id)
  await everybodySynced()
})

test('work for a client that was merged meanwhile goes to the one that stays', async () => {
  const made = (last_name) => ours.create('clients', { last_name })
  const [gone, stays] = [await made('Gone'), await made('Stays')]
  await everybodySynced()
  await queueCommand(ours.database, 'clients', gone.id, 'merge', { into: stays.id })
  await ours.sync()
  const merges = []
  theirs.onMerged = (merged) => merges.push(merged)
  const session = await theirs.create('sessions', { client_id: gone.id, description: 'Booked meanwhile', date: '2026-05-04' })
  await everybodySynced()
  assert.deepEqual(merges, [{ clients: { [gone.id]: stays.id } }])
  assert.equal(await theirs.has('clients', gone.id), false)
  for (const phone of [ours, theirs]) assert.equal((await phone.find('sessions', session.id)).client_id, stays.id)
  theirs.refused.length = 0
})

test('a copy that has drifted is repaired without fetching it anew', async (t) => {
  const [lost, wrong, ...others] = await ours.all('clients')
  const { last_name } = wrong
  await ours.database.write(() => ours.database.batch(
    lost.prepareDestroyPermanently(),
    wrong.prepareUpdate(() => Object.assign(wrong._raw, { server_revision: 1, last_name: 'Wrong', _status: 'synced', _changed: '' })),
    ours.database.get('clients').prepareCreateFromDirtyRaw({ id: crypto.randomUUID(), server_revision: 3, _status: 'synced', _changed: '' }),
  ))
  ours.pages.length = 0
  const { repaired } = await ours.sync({ verify: true })
  assert.deepEqual(repaired, ['clients'])
  const put = ours.pages.flatMap(({ changes }) => Object.values(changes)).reduce((sum, change) => sum + change.put.length, 0)
  t.diagnostic(`${put} records pulled, ${others.length + 2} clients held`)
  assert.equal(put, 0)
  assert.equal((await ours.find('clients', wrong.id)).last_name, last_name)
  assert.equal(await ours.has('clients', lost.id), true)
  assert.deepEqual((await ours.sync({ verify: true })).repaired, [])
  await ours.assertConsistent()
})

test('a phone that is to start again reconciles its copy, and unpushed work survives', async () => {
  const { id } = await someClient(ours, 8)
  await desk.request('PUT', '/v1/preferences', { body: { force_full_resync: true } })
  await ours.edit('clients', id, { job_title: 'Not pushed yet' })
  ours.pages.length = 0
  const { pushed, repaired } = await ours.sync()
  assert.deepEqual([pushed, repaired], [1, []])
  assert.equal(ours.pages.some(({ replace }) => replace), false)
  await everybodySynced()
  assert.equal((await theirs.find('clients', id)).job_title, 'Not pushed yet')
})

test('one change the server cannot read is set aside, and the rest arrives', async () => {
  const [good, bad] = [await someClient(ours, 9), await someClient(ours, 10)]
  await ours.edit('clients', good.id, { job_title: 'Glazier' })
  await ours.edit('clients', bad.id, { job_title: 'cut \ud83d' })
  await everybodySynced()
  assert.deepEqual(ours.refused.splice(0).map(({ verdict, code }) => `${verdict} ${code}`), ['set_aside invalid_json'])
  assert.equal((await theirs.find('clients', good.id)).job_title, 'Glazier')
  assert.notEqual((await ours.find('clients', bad.id)).job_title, 'cut \ud83d')
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
  const { version } = await desk.request('GET', path)
  await desk.request('PATCH', path, { body: { is_inactive: true, wipe: true }, ifMatch: `"${version}"` })
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
