// What a user of a phone would notice about syncing.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { kinds } from '../databases.js'
import { Phone } from '../phone.js'
import { MANIFEST, Studio } from './studio.js'

const PUSH = '/v1/sync/push'
const PULL = '/v1/sync/pull'
const CREDENTIALS = { account: 'demo', initials: 'JD', password: 'secret' }

async function begin(kind, clients = 3) {
  const studio = await Studio.open()
  const ids = Array.from({ length: clients }, () => randomUUID())
  for (const [place, id] of ids.entries()) {
    studio.put('clients', id, { first_name: `Ann ${place}`, last_name: 'Lee', phones: [{ number: '1', label: 'home' }], is_active: true, updated_at: '2026-01-01T00:00:00Z' })
  }
  const phone = await signIn(kind, studio)
  return { studio, phone, ids, id: ids[0] }
}

function signIn(kind, studio) {
  return Phone.signedIn({ kind, manifest: MANIFEST, baseUrl: 'https://studio.test/', fetch: studio.fetch, credentials: CREDENTIALS })
}

const pushes = (studio) => studio.requests.filter(({ path }) => path === PUSH).map(({ body }) => body)

for (const kind of kinds) {
  const story = (sentence, tell) => test(`${kind}: ${sentence}`, tell)

  story('a first sync brings every record, lists and flags included', async () => {
    const { phone, id } = await begin(kind)
    await phone.sync()
    const client = await phone.find('clients', id)
    assert.deepEqual(client.phones, [{ label: 'home', number: '1' }])
    assert.equal(client.is_active, true)
    assert.equal(client.updated_at, '2026-01-01T00:00:00Z')
    await phone.assertConsistent()
  })

  story('a first sync cut in the middle goes on where it was', async () => {
    const { studio, phone } = await begin(kind, 7)
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

  story('a crash between a page and the checkpoint keeps page and cursor together', async () => {
    const { studio, phone, id } = await begin(kind)
    const setLocal = phone.database.adapter.setLocal
    phone.database.adapter.setLocal = () => Promise.reject(new Error('power cut'))
    await assert.rejects(phone.sync(), /power cut/)
    phone.database.adapter.setLocal = setLocal
    await phone.restart()
    studio.remove(id)
    await phone.sync()
    assert.equal(await phone.has('clients', id), false)
    await phone.assertConsistent()
  })

  story('work done offline arrives, parents before children, and only what changed', async () => {
    const { studio, phone, ids } = await begin(kind)
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

  story('edits of different fields are both kept', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    studio.put('clients', id, { last_name: 'May' })
    await phone.sync()
    const { first_name, last_name } = studio.rows.get(id).record
    assert.deepEqual([first_name, last_name], ['Bea', 'May'])
    assert.deepEqual(phone.refused, [])
    await phone.assertConsistent()
  })

  story('in a clash the server wins and what was typed is reported', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    studio.put('clients', id, { first_name: 'Cleo' })
    await phone.sync()
    assert.equal((await phone.find('clients', id)).first_name, 'Cleo')
    assert.equal(phone.refused[0].code, 'clash')
    assert.deepEqual(phone.refused[0].typed, { first_name: 'Bea' })
    await phone.assertConsistent()
  })

  story('a merge that drops one of two fields reports it', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea', last_name: 'May' })
    studio.put('clients', id, { first_name: 'Cleo' })
    await phone.sync()
    const client = await phone.find('clients', id)
    assert.deepEqual([client.first_name, client.last_name], ['Cleo', 'May'])
    assert.equal(phone.refused[0].verdict, 'merged')
    await phone.assertConsistent()
  })

  story('a lost answer is asked for again with the same bytes and nothing happens twice', async () => {
    const { studio, phone } = await begin(kind)
    await phone.sync()
    const client = await phone.create('clients', { last_name: 'Once' })
    phone.cut(PUSH, { times: 1, isAfter: true })
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

  story('a record deleted elsewhere after a lost answer leaves no ghost', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    phone.cut(PUSH, { times: 1, isAfter: true })
    await assert.rejects(phone.sync())
    studio.remove(id)
    await phone.sync()
    assert.equal(await phone.has('clients', id), false)
    await phone.assertConsistent()
  })

  story('an edit of a record deleted elsewhere is reported, and the record goes', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { notes: 'Call back' })
    studio.remove(id)
    await phone.sync()
    assert.equal(await phone.has('clients', id), false)
    assert.deepEqual(phone.refused[0].typed, { notes: 'Call back' })
    await phone.assertConsistent()
  })

  story('an edit of a record that left the scope arrives, and the record goes', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { notes: 'Call back' })
    studio.hide(id)
    await phone.sync()
    assert.equal(studio.rows.get(id).record.notes, 'Call back')
    assert.equal(await phone.has('clients', id), false)
    assert.deepEqual(phone.refused, [])
    await phone.assertConsistent()
  })

  story('a deletion of a record that left the scope still arrives', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.remove('clients', id)
    studio.hide(id)
    await phone.sync()
    assert.equal(pushes(studio).length, 1)
    await phone.assertConsistent()
  })

  story('a refused deletion brings the record back', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.remove('clients', id)
    studio.put('clients', id, { last_name: 'May' })
    await phone.sync()
    assert.equal((await phone.find('clients', id)).last_name, 'May')
    assert.equal(phone.refused[0].op, 'delete')
    await phone.assertConsistent()
  })

  story('a refused create goes with its children, reported, and the rest of the queue moves on', async () => {
    const { studio, phone, id } = await begin(kind)
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

  story('refusals wait in the database until somebody listens', async () => {
    const { studio, phone, id } = await begin(kind)
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

  story('a create the server already knows goes again as an edit', async () => {
    const { studio, phone } = await begin(kind)
    await phone.sync()
    const client = await phone.create('clients', { first_name: 'Bea', last_name: 'May' })
    studio.put('clients', client.id, { last_name: 'May' })
    studio.rows.get(client.id).revision = -1
    await phone.sync()
    assert.equal(studio.rows.get(client.id).record.first_name, 'Bea')
    assert.deepEqual(phone.refused, [])
    await phone.assertConsistent()
  })

  story('what was typed while a push was under way is not overwritten', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    let isTyped = false
    phone.line = async (fetch, url, ...more) => {
      const response = await fetch(url, ...more)
      if (new URL(url).pathname === PUSH && !isTyped) {
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

  story('a pause asked for in mid-batch keeps the rest queued', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    studio.busy = true
    await assert.rejects(phone.sync(), { code: 'busy' })
    studio.busy = false
    await phone.sync()
    assert.equal(studio.rows.get(id).record.first_name, 'Bea')
    await phone.assertConsistent()
  })

  story('a gap is filled from the number the server expects', async () => {
    const { studio, phone, id } = await begin(kind)
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

  story('a number used for something else starts a new stream', async () => {
    const { studio, phone, id } = await begin(kind)
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

  story('a server that lost track is begun with again, and unpushed work survives', async () => {
    const { studio, phone, ids } = await begin(kind)
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
    story(`${code} is a new start without a cursor, and unpushed work survives`, async () => {
      const { studio, phone, ids } = await begin(kind)
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

  story("somebody else's cursor stops the sync: nothing is pushed, nothing is lost", async () => {
    const { studio, phone, ids } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', ids[0], { first_name: 'Bea' })
    studio.cursorRefusal = [400, 'cursor_foreign']
    await assert.rejects(phone.sync(), { code: 'cursor_foreign' })
    assert.equal(pushes(studio).length, 0)
    assert.equal((await phone.database.get('clients').find(ids[0])).first_name, 'Bea')
    studio.cursorRefusal = null
    await phone.sync()
    assert.equal(studio.rows.get(ids[0]).record.first_name, 'Bea')
  })

  story('a server that takes no cursor at all is not asked for ever', async () => {
    const { studio, phone } = await begin(kind)
    await phone.sync()
    phone.maxRows = 1
    phone.line = (fetch, ...request) => {
      studio.epoch += 1
      return fetch(...request)
    }
    await assert.rejects(phone.sync(), { code: 'resync_required' })
  })

  story('a thousand records made offline go in batches the server takes', async () => {
    const { studio, phone } = await begin(kind)
    await phone.sync()
    await phone.database.write(() => phone.database.batch(
      Array.from({ length: 1001 }, (_, place) => phone.database.get('clients').prepareCreate((client) => { client.last_name = `N ${place}` })),
    ))
    await phone.sync()
    assert.deepEqual(pushes(studio).map((body) => JSON.parse(body).changes.length), [500, 500, 1])
    await phone.assertConsistent()
  })

  story('a field the server leaves out is cleared', async () => {
    const { studio, phone, id } = await begin(kind)
    studio.put('clients', id, { notes: 'Secret' })
    await phone.sync()
    delete studio.rows.get(id).record.notes
    studio.put('clients', id, {})
    await phone.sync()
    assert.equal((await phone.find('clients', id)).notes, null)
    await phone.assertConsistent()
  })

  story('an edit of a list the server keeps is undone and reported', async () => {
    const { studio, phone } = await begin(kind)
    const id = randomUUID()
    studio.put('session_types', id, { name: 'Wedding' })
    await phone.sync()
    const type = await phone.find('session_types', id)
    await phone.database.write(() => type.update(() => type._setRaw('name', 'Mine')))
    await phone.sync()
    assert.equal((await phone.find('session_types', id)).name, 'Wedding')
    assert.equal(phone.refused[0].code, 'read_only')
    await phone.assertConsistent()
  })

  story('two calls at once are one sync', async () => {
    const { studio, phone } = await begin(kind)
    await Promise.all([phone.sync(), phone.sync()])
    assert.equal(studio.requests.filter(({ path }) => path === PULL).length, 1)
  })

  story('a verified wipe order empties the database and is receipted', async () => {
    const { studio, phone } = await begin(kind)
    await phone.sync()
    await studio.deactivate()
    await assert.rejects(phone.sync(), { code: 'device_wiped' })
    assert.equal((await phone.all('clients')).length, 0)
    assert.equal(studio.requests.at(-1).path, '/v1/devices/me/wiped')
  })
}
