// What a user of a browser would notice about syncing; the stories are those of the client for WatermelonDB.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { keepInStep } from '../src/index.js'
import { openKeys, openStore } from '../src/indexeddb/index.js'
import { Phone } from './phone.js'
import { MANIFEST, NEXT_MANIFEST, Studio } from './studio.js'

const EXCHANGE = '/v1/sync'
const PUSH = '/v1/sync/push'
const PULL = '/v1/sync/pull'
const CREDENTIALS = { account: 'demo', initials: 'JD', password: 'secret' }

async function begin(clients = 3) {
  const studio = await Studio.open()
  const ids = Array.from({ length: clients }, () => randomUUID())
  for (const [place, id] of ids.entries()) {
    studio.put('clients', id, { first_name: `Ann ${place}`, last_name: 'Lee', phones: [{ number: '1', label: 'home' }], is_active: true, updated_at: '2026-01-01T00:00:00Z' })
  }
  const phone = await signIn(studio)
  return { studio, phone, ids, id: ids[0] }
}

function signIn(studio) {
  return Phone.signedIn({ manifest: MANIFEST, baseUrl: 'https://studio.test/', fetch: studio.fetch, credentials: CREDENTIALS })
}

// Do something to the server's copies that no sync would.
async function tampered(phone, work) {
  const asked = indexedDB.open(phone.name)
  await new Promise((resolve) => { asked.onsuccess = resolve })
  const transaction = asked.result.transaction('records', 'readwrite')
  work(transaction.objectStore('records'))
  await new Promise((resolve) => { transaction.oncomplete = resolve })
  asked.result.close()
}

// The bytes of each push, by itself or in an exchange.
const pushes = (studio) => studio.requests.flatMap(({ path, body }) => {
  if (path === PUSH) return [body]
  return path === EXCHANGE ? [body.slice('{"push":'.length, body.lastIndexOf(',"pull":'))] : []
})

test('a first sync brings every record, lists and flags included', async () => {
  const { phone, id } = await begin()
  await phone.sync()
  const client = await phone.find('clients', id)
  assert.deepEqual(client.phones, [{ label: 'home', number: '1' }])
  assert.equal(client.is_active, true)
  assert.equal(client.updated_at, '2026-01-01T00:00:00Z')
  await phone.assertConsistent()
})

test('a first sync cut in the middle goes on where it was', async () => {
  const { studio, phone } = await begin(7)
  phone.maxRows = 2
  let asked = 0
  phone.line = async (fetch, url, ...more) => {
    if (new URL(url).pathname === PULL && ++asked === 3) throw new TypeError('fetch failed')
    return fetch(url, ...more)
  }
  await assert.rejects(phone.sync(), { code: 'unreachable' })
  assert.equal((await phone.all('clients')).length, 4)
  phone.mend()
  await phone.restart()
  studio.requests.length = 0
  await phone.sync()
  assert.equal(studio.requests.filter(({ path }) => path === PULL).length, 2)
  assert.equal((await phone.all('clients')).length, 7)
  await phone.assertConsistent()
})

test('a crash while a page is stored keeps neither page nor cursor, and the next sync has both', async () => {
  const { phone } = await begin(7)
  phone.maxRows = 3
  const put = IDBObjectStore.prototype.put
  let left = 8
  IDBObjectStore.prototype.put = function (...given) {
    if (this.name === 'state' && (left -= 1) === 0) throw new Error('power cut')
    if (this.name === 'records') left = Math.min(left, 1)
    return put.apply(this, given)
  }
  await assert.rejects(phone.sync(), /power cut/)
  IDBObjectStore.prototype.put = put
  assert.deepEqual(await phone.all('clients'), [])
  assert.equal((await phone.store.position()).cursor, null)
  await phone.restart()
  await phone.sync()
  assert.equal((await phone.all('clients')).length, 7)
  await phone.assertConsistent()
})

test('work done offline arrives, parents before children, and only what changed', async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  const client = await phone.create('clients', { first_name: 'New', last_name: 'One', groups: ['a'] })
  const session = await phone.create('sessions', { client_id: client.id, name: 'First', date: '2026-05-01' })
  await phone.remove('clients', ids[1])
  await phone.sync()
  const { changes } = JSON.parse(pushes(studio)[0])
  assert.deepEqual(changes.map(({ op, collection }) => `${op} ${collection}`).sort(), ['create clients', 'create sessions', 'delete clients', 'patch clients'])
  assert.ok(changes.findIndex(({ id }) => id === client.id) < changes.findIndex(({ id }) => id === session.id))
  assert.deepEqual(changes.find(({ op }) => op === 'patch').fields, { first_name: 'Bea' })
  assert.deepEqual(studio.rows.get(client.id).record.groups, ['a'])
  assert.equal(studio.rows.get(ids[1]).is_deleted, true)
  await phone.assertConsistent()
})

test('edits of different fields are both kept', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  studio.put('clients', id, { last_name: 'May' })
  await phone.sync()
  const { first_name, last_name } = studio.rows.get(id).record
  assert.deepEqual([first_name, last_name], ['Bea', 'May'])
  assert.deepEqual(phone.refused, [])
  await phone.assertConsistent()
})

test('in a clash the server wins and what was typed is reported', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  studio.put('clients', id, { first_name: 'Cleo' })
  await phone.sync()
  assert.equal((await phone.find('clients', id)).first_name, 'Cleo')
  assert.equal(phone.refused[0].code, 'clash')
  assert.deepEqual(phone.refused[0].typed, { first_name: 'Bea' })
  await phone.assertConsistent()
})

test('a merge that drops one of two fields reports it', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea', last_name: 'May' })
  studio.put('clients', id, { first_name: 'Cleo' })
  await phone.sync()
  const client = await phone.find('clients', id)
  assert.deepEqual([client.first_name, client.last_name], ['Cleo', 'May'])
  assert.equal(phone.refused[0].verdict, 'merged')
  await phone.assertConsistent()
})

test('a lost answer is asked for again with the same bytes and nothing happens twice', async () => {
  const { studio, phone } = await begin()
  await phone.sync()
  const client = await phone.create('clients', { last_name: 'Once' })
  phone.cut(EXCHANGE, { times: 1, isAfter: true })
  await assert.rejects(phone.sync(), { code: 'unreachable' })
  const { revision } = studio
  await phone.restart()
  await phone.edit('clients', client.id, { first_name: 'Twice' })
  await phone.sync()
  const [first, second, third] = pushes(studio)
  assert.equal(first, second)
  assert.deepEqual(JSON.parse(third).changes.map(({ n, op, fields }) => ({ n, op, fields })), [{ n: 2, op: 'patch', fields: { first_name: 'Twice' } }])
  assert.equal(studio.revision, revision + 1)
  await phone.assertConsistent()
})

test('a record deleted elsewhere after a lost answer leaves no ghost', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  phone.cut(EXCHANGE, { times: 1, isAfter: true })
  await assert.rejects(phone.sync())
  studio.remove(id)
  await phone.sync()
  assert.equal(await phone.has('clients', id), false)
  await phone.assertConsistent()
})

test('an edit of a record deleted elsewhere is reported, and the record goes', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { notes: 'Call back' })
  studio.remove(id)
  await phone.sync()
  assert.equal(await phone.has('clients', id), false)
  assert.deepEqual(phone.refused[0].typed, { notes: 'Call back' })
  await phone.assertConsistent()
})

test('an edit of a record that left the scope arrives, and the record goes', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { notes: 'Call back' })
  studio.hide(id)
  await phone.sync()
  assert.equal(studio.rows.get(id).record.notes, 'Call back')
  assert.equal(await phone.has('clients', id), false)
  assert.deepEqual(phone.refused, [])
  await phone.assertConsistent()
})

test('a deletion of a record that left the scope still arrives', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.remove('clients', id)
  studio.hide(id)
  await phone.sync()
  assert.equal(pushes(studio).length, 1)
  await phone.assertConsistent()
})

test('a refused deletion brings the record back', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.remove('clients', id)
  studio.put('clients', id, { last_name: 'May' })
  await phone.sync()
  assert.equal((await phone.find('clients', id)).last_name, 'May')
  assert.equal(phone.refused[0].op, 'delete')
  await phone.assertConsistent()
})

test('a refused create goes with its children, reported, and the rest of the queue moves on', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  const client = await phone.create('clients', { first_name: 'No', last_name: '' })
  const session = await phone.create('sessions', { client_id: client.id, name: 'Never' })
  await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.sync()
  assert.equal(await phone.has('clients', client.id), false)
  assert.equal(await phone.has('sessions', session.id), false)
  assert.deepEqual(phone.refused.map(({ verdict }) => verdict).sort(), ['blocked', 'rejected'])
  assert.equal(studio.rows.get(id).record.first_name, 'Bea')
  await phone.assertConsistent()
})

test('refusals wait in the database until somebody listens', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  studio.put('clients', id, { first_name: 'Cleo' })
  const heard = phone.refused
  phone.refused = { push: () => { throw new Error('crash') } }
  await assert.rejects(phone.sync(), /crash/)
  await phone.restart()
  phone.refused = heard
  await phone.sync()
  assert.equal(phone.refused.length, 1)
})

test('a create the server already knows goes again as an edit', async () => {
  const { studio, phone } = await begin()
  await phone.sync()
  const client = await phone.create('clients', { first_name: 'Bea', last_name: 'May' })
  studio.put('clients', client.id, { last_name: 'May' })
  studio.rows.get(client.id).revision = -1
  await phone.sync()
  assert.equal(studio.rows.get(client.id).record.first_name, 'Bea')
  assert.deepEqual(phone.refused, [])
  await phone.assertConsistent()
})

test('what was typed while a push was under way is not overwritten', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  let isTyped = false
  phone.line = async (fetch, url, ...more) => {
    const response = await fetch(url, ...more)
    if (new URL(url).pathname === EXCHANGE && !isTyped) {
      isTyped = true
      await phone.edit('clients', id, { first_name: 'Beatrix', last_name: 'May' })
    }
    return response
  }
  await phone.sync()
  const { first_name, last_name } = studio.rows.get(id).record
  assert.deepEqual([first_name, last_name], ['Beatrix', 'May'])
  await phone.assertConsistent()
})

test('a pause asked for in mid-batch keeps the rest queued', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  studio.busy = true
  await assert.rejects(phone.sync(), { code: 'busy' })
  studio.busy = false
  await phone.sync()
  assert.equal(studio.rows.get(id).record.first_name, 'Bea')
  await phone.assertConsistent()
})

test('a gap is filled from the number the server expects', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.sync()
  studio.streams.clear()
  await phone.edit('clients', id, { first_name: 'Cleo' })
  await phone.sync()
  assert.equal(JSON.parse(pushes(studio).at(-1)).first, 1)
  assert.equal(studio.rows.get(id).record.first_name, 'Cleo')
  await phone.assertConsistent()
})

test('a number used for something else starts a new stream', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.sync()
  const [known] = studio.streams.values()
  known.results.set(2, { text: 'another change' })
  known.last = 2
  await phone.edit('clients', id, { last_name: 'May' })
  await phone.sync()
  assert.equal(studio.rows.get(id).record.last_name, 'May')
  await phone.assertConsistent()
})

test('a server that lost track is begun with again, and unpushed work survives', async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  await phone.edit('clients', ids[0], { first_name: 'Ada' })
  await phone.sync()
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  const client = await phone.create('clients', { last_name: 'New' })
  studio.rows.delete(ids[1])
  studio.epoch = 2
  phone.maxRows = 1
  await phone.sync()
  assert.equal(await phone.has('clients', ids[1]), false)
  assert.equal(studio.rows.get(ids[0]).record.first_name, 'Bea')
  assert.equal(await phone.has('clients', client.id), true)
  const [before, after] = pushes(studio).map((body) => JSON.parse(body))
  assert.deepEqual([after.stream, after.first], [before.stream, 2])
  await phone.assertConsistent()
})

for (const code of ['cursor_malformed', 'cursor_collections']) {
  test(`${code} is a new start without a cursor, and unpushed work survives`, async () => {
    const { studio, phone, ids } = await begin()
    await phone.sync()
    await phone.edit('clients', ids[0], { first_name: 'Bea' })
    studio.rows.delete(ids[1])
    studio.cursorRefusal = [400, code]
    await phone.sync()
    assert.equal(await phone.has('clients', ids[1]), false)
    assert.equal(studio.rows.get(ids[0]).record.first_name, 'Bea')
    studio.cursorRefusal = null
    await phone.assertConsistent()
  })
}

test("somebody else's cursor stops the sync: nothing is pushed, nothing is lost", async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  studio.cursorRefusal = [400, 'cursor_foreign']
  await assert.rejects(phone.sync(), { code: 'cursor_foreign' })
  assert.equal(studio.streams.size, 0)
  assert.equal((await phone.find('clients', ids[0])).first_name, 'Bea')
  studio.cursorRefusal = null
  await phone.sync()
  assert.equal(studio.rows.get(ids[0]).record.first_name, 'Bea')
})

test('a server that takes no cursor at all is not asked for ever', async () => {
  const { studio, phone } = await begin()
  await phone.sync()
  phone.maxRows = 1
  phone.line = (fetch, ...request) => {
    studio.epoch += 1
    return fetch(...request)
  }
  await assert.rejects(phone.sync(), { code: 'resync_required' })
})

test('a thousand records made offline go in batches the server takes', async () => {
  const { studio, phone } = await begin()
  await phone.sync()
  const made = Array.from({ length: 1001 }, (_, place) => ({ op: 'create', collection: 'clients', id: randomUUID(), fields: { last_name: `N ${place}` } }))
  for (const each of made) await phone.store.write([each])
  await phone.sync()
  assert.deepEqual(pushes(studio).map((body) => JSON.parse(body).changes.length), [500, 500, 1])
  await phone.assertConsistent()
})

test('a field the server leaves out is cleared', async () => {
  const { studio, phone, id } = await begin()
  studio.put('clients', id, { notes: 'Secret' })
  await phone.sync()
  delete studio.rows.get(id).record.notes
  studio.put('clients', id, {})
  await phone.sync()
  assert.equal((await phone.find('clients', id)).notes ?? null, null)
  await phone.assertConsistent()
})

test('an edit of a list the server keeps is undone and reported', async () => {
  const { studio, phone } = await begin()
  const id = randomUUID()
  studio.put('session_types', id, { name: 'Wedding' })
  await phone.sync()
  await phone.edit('session_types', id, { name: 'Mine' })
  await phone.sync()
  assert.equal((await phone.find('session_types', id)).name, 'Wedding')
  assert.equal(phone.refused[0].code, 'read_only')
  await phone.assertConsistent()
})

test('what was done and what changed go in one round trip', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  studio.requests.length = 0
  await phone.edit('clients', id, { first_name: 'Bea' })
  const report = await phone.sync()
  assert.deepEqual(studio.requests.map(({ path }) => path), [EXCHANGE])
  assert.deepEqual(report, { pages: 1, pushed: 1, repaired: [] })
  await phone.assertConsistent()
})

for (const [how, judged] of [['clashes', { first_name: 'Cleo' }], ['is merged', { first_name: 'Cleo', last_name: 'May' }]]) {
  test(`a removal that waited for an edit is carried out, whatever copy the verdict brings: it ${how}`, async () => {
    const { studio, phone, id } = await begin()
    await phone.sync()
    studio.isHiddenInScope = true
    studio.put('clients', id, { first_name: 'Cleo' })
    studio.hide(id)
    let isTyped = false
    phone.line = async (fetch, ...request) => {
      const response = await fetch(...request)
      if (!isTyped) await phone.edit('clients', id, { ...judged, first_name: 'Bea' })
      isTyped = true
      return response
    }
    await phone.sync()
    assert.equal(phone.refused.length, 1)
    assert.equal(await phone.has('clients', id), false)
    await phone.assertConsistent()
  })
}

test('a record that comes back while its removal waits stays', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  studio.hide(id)
  studio.busy = true
  await assert.rejects(phone.sync(), { code: 'busy' })
  studio.put('clients', id, { last_name: 'May' })
  await assert.rejects(phone.sync(), { code: 'busy' })
  studio.busy = false
  await phone.sync()
  assert.equal((await phone.find('clients', id)).first_name, 'Bea')
  await phone.assertConsistent()
})

test('one change the server cannot read is set aside, told, and holds nobody up', async () => {
  const { studio, phone, ids } = await begin(5)
  await phone.sync()
  studio.refusal = ({ fields }) => (fields.notes === 'cut \ud83d' ? [422, 'invalid_json'] : null)
  for (const id of ids) await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.edit('clients', ids[2], { notes: 'cut \ud83d' })
  const bad = await phone.create('clients', { last_name: 'New', notes: 'cut \ud83d' })
  await phone.sync()
  const told = phone.refused.map(({ id, op, verdict, code }) => ({ id, op, verdict, code }))
  const aside = { verdict: 'set_aside', code: 'invalid_json' }
  assert.deepEqual(told.sort((one) => (one.op === 'create' ? 1 : -1)), [{ id: ids[2], op: 'patch', ...aside }, { id: bad.id, op: 'create', ...aside }])
  assert.equal(phone.refused.find(({ op }) => op === 'create').typed.last_name, 'New')
  for (const id of ids) assert.equal(studio.rows.get(id).record.first_name, id === ids[2] ? 'Ann 2' : 'Bea')
  assert.equal((await phone.find('clients', ids[2])).first_name, 'Ann 2')
  assert.equal(await phone.has('clients', bad.id), false)
  await phone.assertConsistent()
})

test('what no server would read is there until somebody has seen it', async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  studio.refusal = ({ id }) => id === ids[0] && [422, 'body_invalid']
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  await phone.sync()
  await phone.restart()
  const [refusal] = await phone.store.refusals()
  assert.deepEqual([refusal.id, refusal.typed, refusal.code], [ids[0], { first_name: 'Bea' }, 'body_invalid'])
  await phone.store.dismiss(refusal.key)
  assert.deepEqual(await phone.store.refusals(), [])
})

test('a deletion that is set aside brings the record back', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  studio.refusal = ({ op }) => (op === 'delete' ? [400, 'bad_request'] : null)
  await phone.remove('clients', id)
  await phone.sync()
  assert.equal((await phone.find('clients', id)).first_name, 'Ann 0')
  assert.equal(phone.refused[0].op, 'delete')
  await phone.assertConsistent()
})

test('a server that fails over a change is asked again before the change is set aside, and the pull goes on', async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  studio.refusal = () => [500, 'internal_error']
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  studio.put('clients', ids[1], { first_name: 'Cleo' })
  await assert.rejects(phone.sync(), { code: 'internal_error' })
  assert.equal((await phone.find('clients', ids[1])).first_name, 'Cleo')
  await assert.rejects(phone.sync(), { code: 'internal_error' })
  assert.deepEqual(phone.refused, [])
  await phone.sync()
  assert.deepEqual(phone.refused.map(({ code }) => code), ['internal_error'])
  await phone.assertConsistent()
})

test('a batch that is too large goes in parts', async () => {
  const { studio, phone, ids } = await begin(7)
  await phone.sync()
  studio.most = 2
  for (const id of ids) await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.sync()
  for (const id of ids) assert.equal(studio.rows.get(id).record.first_name, 'Bea')
  assert.deepEqual(phone.refused, [])
  await phone.assertConsistent()
})

test('a copy that has drifted is repaired and not fetched anew', async () => {
  const { studio, phone, ids } = await begin(40)
  await phone.sync()
  const rows = [{ id: ids[1], revision: 1, last_name: 'Wrong' }, { id: randomUUID(), revision: 3, last_name: 'Nobody' }]
  await tampered(phone, (records) => {
    records.delete(['clients', ids[0]])
    for (const record of rows) records.put({ collection: 'clients', id: record.id, record, ends: false })
  })
  await phone.edit('clients', ids[2], { first_name: 'Bea' })
  studio.mostRepaired = 1
  studio.requests.length = 0
  const { repaired } = await phone.sync({ verify: true })
  assert.deepEqual(repaired, ['clients'])
  assert.ok(studio.requests.every(({ path }) => path !== PULL), 'nothing was pulled again')
  assert.equal((await phone.find('clients', ids[1])).last_name, 'Lee')
  assert.equal((await phone.all('clients')).length, 40)
  assert.deepEqual((await phone.sync({ verify: true })).repaired, [])
  await phone.assertConsistent()
})

test('where the server says that will do, the copy is reconciled, and unpushed work survives', async () => {
  const { studio, phone, ids } = await begin(9)
  await phone.sync()
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  const client = await phone.create('clients', { last_name: 'New' })
  studio.rows.delete(ids[1])
  studio.put('clients', ids[2], { first_name: 'Cleo' })
  Object.assign(studio, { epoch: 2, mode: 'reconcile' })
  const { repaired } = await phone.sync()
  assert.deepEqual(repaired, ['clients'])
  assert.equal(phone.pages.filter(({ replace }) => replace).length, 1)
  assert.equal(await phone.has('clients', ids[1]), false)
  assert.equal((await phone.find('clients', ids[2])).first_name, 'Cleo')
  assert.equal(studio.rows.get(ids[0]).record.first_name, 'Bea')
  assert.ok(studio.rows.has(client.id))
  await phone.assertConsistent()
})

test('a reconciling that was cut begins again', async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  studio.rows.delete(ids[1])
  Object.assign(studio, { epoch: 2, mode: 'reconcile' })
  let asked = 0
  phone.line = (fetch, url, ...more) => {
    if (new URL(url).pathname === '/v1/sync/verify' && ++asked === 3) throw new TypeError('fetch failed')
    return fetch(url, ...more)
  }
  await assert.rejects(phone.sync(), { code: 'unreachable' })
  await phone.restart()
  await phone.sync()
  assert.equal(await phone.has('clients', ids[1]), false)
  await phone.assertConsistent()
})

test('what is not pushed yet names the record that stays of a merge', async () => {
  const { studio, phone, ids: [gone, stays, other] } = await begin()
  await phone.sync()
  studio.merge(gone, stays)
  let session
  phone.line = async (fetch, ...request) => {
    const response = await fetch(...request)
    if (!session) {
      session = await phone.create('sessions', { client_id: gone, name: 'Typed meanwhile' })
      await phone.edit('clients', other, { recommended_by_ids: [gone, stays] })
    }
    return response
  }
  await phone.sync()
  assert.deepEqual(phone.merges, [{ clients: { [gone]: stays } }])
  assert.equal(studio.rows.get(session.id).record.client_id, stays)
  assert.deepEqual(studio.rows.get(other).record.recommended_by_ids, [stays])
  assert.equal((await phone.find('sessions', session.id)).client_id, stays)
  await phone.assertConsistent()
})

test('what the user should know of a change that was taken in is told, once', async () => {
  const { phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { notes: 'Double' })
  await phone.sync()
  await phone.sync()
  const warning = { code: 'possible_duplicates', message: 'Is it?', fields: ['notes'], records: [id] }
  assert.deepEqual(phone.warned, [{ collection: 'clients', id, op: 'patch', command: null, ...warning }])
  assert.deepEqual(phone.refused, [])
})

test('an entry of the inbox is decided offline, and the decision arrives behind a restart', async () => {
  const { studio, phone } = await begin()
  const [older, newer] = [randomUUID(), randomUUID()]
  studio.put('inbox', older, { date: '2026-05-01', resolution: null })
  studio.put('inbox', newer, { date: '2026-05-02', resolution: null })
  await phone.sync()
  assert.deepEqual((await phone.store.inbox()).map(({ id }) => id), [newer, older])
  await phone.store.resolve(older, 'take_mine', { last_name: 'May' }, { keep: ['notes'], record_revision: 7 })
  await phone.restart()
  assert.equal(phone.store.status.unpushed, 1)
  await phone.sync()
  const [command] = JSON.parse(pushes(studio)[0]).changes
  assert.deepEqual([command.op, command.command, command.fields], ['command', 'resolve', { resolution: 'take_mine', fields: { last_name: 'May' }, keep: ['notes'], record_revision: 7 }])
  assert.deepEqual((await phone.store.inbox()).map(({ id }) => id), [newer])
  assert.deepEqual(await phone.store.unpushed(), [])
  await phone.assertConsistent()
})

test('a command whose answer was lost is sent once more, and a refused one is told', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.store.command('clients', id, 'juggle', { balls: 3 })
  phone.cut(EXCHANGE, { times: 1, isAfter: true })
  await assert.rejects(phone.sync(), { code: 'unreachable' })
  await phone.sync()
  const [first, second] = pushes(studio)
  assert.equal(first, second)
  assert.equal(pushes(studio).length, 2)
  const [{ op, command, typed, code }] = phone.refused
  assert.deepEqual({ op, command, typed, code }, { op: 'command', command: 'juggle', typed: { balls: 3 }, code: 'unknown_command' })
  assert.equal((await phone.find('clients', id)).first_name, 'Bea')
  await phone.assertConsistent()
})

test('how the database stands can be read without a connection', async () => {
  const { studio, phone, id } = await begin()
  assert.equal(phone.store.status.usable, false)
  await phone.sync()
  await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.create('clients', { last_name: 'New' })
  const { usable, consistent, unpushed } = phone.store.status
  const { revision } = await phone.store.position()
  assert.deepEqual({ usable, consistent, unpushed, revision }, { usable: true, consistent: true, unpushed: 2, revision: studio.revision })
})

test('two calls at once are one sync', async () => {
  const { studio, phone } = await begin()
  await Promise.all([phone.sync(), phone.sync()])
  assert.equal(studio.requests.filter(({ path }) => path === PULL).length, 1)
})

test('what is saved while a sync comes to its end goes with it', async () => {
  const { studio, phone, ids } = await begin()
  let joined
  const onWarned = async () => {
    await store.write([{ op: 'patch', collection: 'clients', id: ids[1], fields: { last_name: 'May' } }])
    joined = store.sync()
  }
  const store = await openStore({ name: phone.name, client: phone.client, manifest: MANIFEST, onWarned })
  await store.sync()
  await store.write([{ op: 'patch', collection: 'clients', id: ids[0], fields: { notes: 'Double' } }])
  await store.sync()
  await joined
  assert.equal(studio.rows.get(ids[1]).record.last_name, 'May')
  assert.equal(store.status.unpushed, 0)
})

test('a verified wipe order empties the database and is receipted', async () => {
  const { studio, phone } = await begin()
  await phone.sync()
  await studio.deactivate()
  await assert.rejects(phone.sync(), { code: 'device_wiped' })
  assert.equal(studio.requests.at(-1).path, '/v1/devices/me/wiped')
  phone.store = await phone.open()
  assert.equal((await phone.all('clients')).length, 0)
  assert.equal((await phone.store.position()).cursor, null)
})

test('a sign-in is kept once it is durable, and not before', async () => {
  const keys = await openKeys(randomUUID())
  await keys.setItem('session', 'old')
  const { put } = IDBObjectStore.prototype
  IDBObjectStore.prototype.put = function (...given) {
    IDBObjectStore.prototype.put = put
    const asked = put.apply(this, given)
    asked.addEventListener('success', () => this.transaction.abort())
    return asked
  }
  await assert.rejects(keys.setItem('session', 'new'))
  assert.equal(await keys.getItem('session'), 'old')
  await keys.setItem('session', 'new')
  assert.equal(await keys.getItem('session'), 'new')
  await keys.clear()
})

test('what one save makes stands or falls together, and the rest of the queue moves on', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  const [client, session] = [randomUUID(), randomUUID()]
  await phone.store.write([
    { op: 'create', collection: 'clients', id: client, fields: { last_name: 'New' } },
    { op: 'create', collection: 'sessions', id: session, fields: { client_id: client, name: 'First' } },
  ])
  await phone.edit('clients', id, { first_name: 'Bea' })
  await phone.sync()
  const { atomicity, changes } = JSON.parse(pushes(studio)[0])
  assert.equal(atomicity, 'group')
  assert.ok(changes[0].group)
  assert.deepEqual(changes.map(({ group }) => group), [changes[0].group, changes[0].group, null])
  await phone.assertConsistent()
})

test('words find records by their beginnings, typed with or without accents, edits and telephone numbers too', async () => {
  const { studio, phone, ids } = await begin()
  studio.put('clients', ids[1], { first_name: 'Zoë', last_name: 'Lee-Müller', phones: [{ number: '+44 20 7946-0018' }] })
  await phone.sync()
  const found = async (words) => (await phone.store.search('clients', words)).map(({ id }) => id)
  assert.deepEqual(await found('mull zoe'), [ids[1]])
  assert.deepEqual(await found('442079'), [ids[1]])
  assert.deepEqual(await found('oe'), [])
  assert.equal((await found('')).length, 3)
  await phone.edit('clients', ids[0], { last_name: 'Quill' })
  assert.deepEqual(await found('qui'), [ids[0]])
  studio.put('clients', ids[2], { last_name: 'Quince' })
  await phone.sync()
  assert.deepEqual((await found('qui')).sort(), [ids[0], ids[2]].sort())
})

test('two searches at once find the same, and one that failed leaves the next to find all', async () => {
  const { phone, ids } = await begin()
  await phone.sync()
  const found = async (words) => (await phone.store.search('clients', words)).map(({ id }) => id)
  const { getAll, get } = IDBObjectStore.prototype
  const fails = (name, method) => {
    IDBObjectStore.prototype[name] = function () {
      IDBObjectStore.prototype[name] = method
      throw new Error('cannot be read')
    }
  }
  fails('getAll', getAll)
  await assert.rejects(found('lee'), /cannot be read/)
  assert.equal((await found('lee')).length, 3)
  await phone.edit('clients', ids[0], { last_name: 'Quill' })
  fails('get', get)
  await assert.rejects(found('qui'), /cannot be read/)
  assert.deepEqual(await Promise.all([found('qui'), found('qui')]), [[ids[0]], [ids[0]]])
})

test('a sign-in ends at the server too, when its token has expired', async () => {
  const { studio, phone } = await begin()
  studio.expire()
  await phone.client.signOut()
  assert.equal(studio.isSignedOut, true)
  assert.equal(await phone.client.session(), null)
})

test('who leaves a copy deletes it, and nothing that is nowhere else', async () => {
  const { phone, id } = await begin()
  await phone.sync()
  const isLeft = async () => {
    const answer = await phone.store.leave()
    phone.store = await phone.open()
    return answer
  }
  const save = (store) => store.write([{ op: 'patch', collection: 'clients', id, fields: { last_name: 'May' } }])
  const tab = await phone.open()
  await save(tab)
  assert.equal(await isLeft(), false)
  await phone.sync()
  await phone.store.keepDraft('new', { last_name: 'Va' })
  assert.equal(await isLeft(), false)
  await phone.store.keepDraft('new', null)
  const [left, saved] = await Promise.allSettled([phone.store.leave(), save(tab)])
  assert.equal(left.value, true)
  assert.equal(saved.reason.code, 'signed_out')
  phone.store = await phone.open()
  assert.deepEqual(await phone.all('clients'), [])
  tab.close()
})

test('what the server knows by now is found as soon as the store is told', async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  studio.manifest = NEXT_MANIFEST
  studio.put('clients', ids[0], { nickname: 'Quill' })
  await phone.sync()
  const found = async () => (await phone.store.search('clients', 'qui')).map(({ id }) => id)
  assert.deepEqual(await found(), [])
  phone.store.manifest = await phone.client.manifest()
  assert.deepEqual(await found(), [ids[0]])
  const { id } = await phone.create('tasks', { subject: 'Call' })
  assert.equal((await phone.find('tasks', id)).client_id, null)
})

test('another tab hears what was changed here and what came, and both are one sync at a time', async () => {
  const { studio, phone, id } = await begin()
  const other = await phone.open()
  const heard = []
  const isTold = new Promise((resolve) => other.subscribe('clients', (changes) => { heard.push(changes); if (heard.length === 2) resolve() }))
  let most = 0
  let now = 0
  phone.line = async (fetch, ...request) => {
    most = Math.max(most, (now += 1))
    const answer = await fetch(...request)
    now -= 1
    return answer
  }
  await Promise.all([phone.sync(), other.sync()])
  await phone.edit('clients', id, { first_name: 'Bea' })
  await isTold
  assert.equal(most, 1)
  assert.equal(heard[0].clients.length, 3)
  assert.deepEqual(heard[1], { clients: [id] })
  assert.equal((await other.get('clients', id)).first_name, 'Bea')
  assert.equal(other.status.unpushed, 1)
  other.close()
  await phone.sync()
  assert.equal(studio.rows.get(id).record.first_name, 'Bea')
})

test('who looks on hears of a sync that brings nothing once', async () => {
  const { phone } = await begin()
  await phone.sync()
  const heard = []
  phone.store.subscribe(null, (changes) => heard.push(changes))
  await phone.sync()
  assert.deepEqual(heard, [{}])
})

test('who looks on while another tab deletes the copy hears so once, and is refused what is asked then', async () => {
  const { phone, id } = await begin()
  await phone.sync()
  const tab = await phone.open()
  const heard = []
  tab.subscribe(null, (changes) => heard.push(changes))
  const looking = Promise.allSettled([tab.search('clients', 'qui'), tab.inbox(), tab.sync()])
  await phone.store.clear()
  assert.deepEqual(heard.filter((changes) => changes === null), [null])
  for (const { reason } of await looking) assert.ok(reason === undefined || reason.code === 'copy_closed', reason)
  await assert.rejects(tab.get('clients', id), { code: 'copy_closed' })
  await assert.rejects(phone.edit('clients', id, { first_name: 'Bea' }), { code: 'copy_closed' })
})

test('an app that was updated keeps and pushes what was typed before, and has what is new', async () => {
  const { studio, phone, ids } = await begin()
  await phone.sync()
  const client = await phone.create('clients', { last_name: 'New' })
  phone.cut(EXCHANGE, { isAfter: true })
  await assert.rejects(phone.sync(), { code: 'unreachable' })
  phone.mend()
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  await phone.remove('clients', ids[1])
  await phone.update(NEXT_MANIFEST)
  studio.manifest = NEXT_MANIFEST
  assert.equal((await phone.store.unpushed()).length, 3)
  assert.equal((await phone.find('clients', ids[0])).first_name, 'Bea')
  const task = await phone.create('tasks', { subject: 'Call', client_id: client.id })
  assert.deepEqual(await phone.find('tasks', task.id), { id: task.id, revision: null, subject: 'Call', client_id: client.id })
  studio.put('clients', ids[2], { is_vip: true })
  studio.requests.length = 0
  await phone.sync()
  assert.ok(studio.requests.every(({ body }) => JSON.parse(body).pull.cursor))
  assert.equal(studio.rows.get(client.id).record.last_name, 'New')
  assert.equal(studio.rows.get(ids[0]).record.first_name, 'Bea')
  assert.equal(studio.rows.get(ids[1]).is_deleted, true)
  assert.equal(studio.rows.get(task.id).record.client_id, client.id)
  assert.equal((await phone.find('clients', ids[2])).is_vip, true)
  assert.deepEqual(phone.refused, [])
  await phone.assertConsistent()
})

test('who stays in step on a device that is full goes on once there is room', async () => {
  const { phone } = await begin()
  const { put } = IDBObjectStore.prototype
  let isFull = true
  IDBObjectStore.prototype.put = function (...given) {
    if (isFull && this.name === 'records') throw new DOMException('There is no room.', 'QuotaExceededError')
    return put.apply(this, given)
  }
  const paused = []
  const sleep = (milliseconds, signal) => new Promise((resolve) => {
    if (milliseconds === 4711) {
      paused.push(milliseconds)
      isFull = false
      return setImmediate(resolve)
    }
    signal.addEventListener('abort', resolve)
    if (signal.aborted) resolve()
  })
  let stay
  await new Promise((onSync) => {
    stay = keepInStep(phone.client, phone.store, { stream: true, sleep, onSync, longestPauseMs: 4711 })
  })
  stay.stop()
  IDBObjectStore.prototype.put = put
  assert.equal(await stay.done, undefined)
  assert.deepEqual(paused, [4711])
  assert.equal((await phone.all('clients')).length, 3)
})

for (const stream of [true, false]) {
  test(`who stays in step by ${stream ? 'a stream' : 'late answers'} hears that the line is dead, and that it is back`, async () => {
    const { studio, phone } = await begin()
    const told = []
    const toldSo = new Map()
    const until = (isReached) => new Promise((resolve) => toldSo.set(isReached, resolve))
    const onLine = (isReached) => {
      told.push(isReached)
      toldSo.get(isReached)?.()
    }
    // Pauses before another try pass at once; nothing is silent for long, and no sync is due.
    const sleep = (milliseconds, signal) => new Promise((resolve) => {
      if (milliseconds < 15_000 || signal.aborted) return setImmediate(resolve)
      signal.addEventListener('abort', resolve)
    })
    const reached = until(true)
    const { stop, done } = keepInStep(phone.client, phone.store, { stream, sleep, onLine })
    await reached
    while (studio.listening !== 1) await new Promise((resolve) => setImmediate(resolve))
    phone.line = () => { throw new TypeError('fetch failed') }
    const dead = until(false)
    studio.poke('end', { reason: 'renew', retry_after: 0 })
    await dead
    const back = until(true)
    phone.mend()
    await back
    stop()
    assert.equal(await done, undefined)
    assert.deepEqual(told, [true, false, true])
  })
}

test('what is typed and not saved outlasts the tab, is never sent, and goes with its save', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  await phone.store.keepDraft('new', { last_name: 'Va' })
  phone.store.keepDraft('edit', { notes: 'Calls' })
  await phone.restart()
  assert.deepEqual(await phone.store.draft('edit'), { notes: 'Calls' })
  assert.equal(phone.store.status.unpushed, 0)
  await phone.sync()
  assert.deepEqual(pushes(studio), [])
  await phone.store.write([{ op: 'patch', collection: 'clients', id, fields: { last_name: 'Calls' } }], { draft: 'edit' })
  assert.deepEqual(await phone.store.drafts(), [{ name: 'new', draft: { last_name: 'Va' } }])
  await phone.store.keepDraft('new', null)
  assert.equal(await phone.store.draft('new'), null)
})

test('what is typed over a record that somebody else changed meanwhile is told, and goes over nothing', async () => {
  const { studio, phone, id } = await begin()
  await phone.sync()
  const shown = await phone.find('clients', id)
  studio.put('clients', id, { last_name: 'Theirs' })
  await phone.sync()
  await phone.store.write([{ op: 'patch', collection: 'clients', id, fields: { last_name: 'Mine' }, revision: shown.revision }])
  await phone.sync()
  assert.equal(phone.refused.length, 1)
  assert.equal((await phone.find('clients', id)).last_name, 'Theirs')
})
