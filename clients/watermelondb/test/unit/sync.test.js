// What a user of a phone would notice about syncing.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { openInbox, queueCommand, queuedCommands, resolveInbox, statusOf } from '../../src/index.js'
import { kinds } from '../databases.js'
import { Phone } from '../phone.js'
import { MANIFEST, Studio } from '../../../javascript/test/studio.js'

const EXCHANGE = '/v1/sync'
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

// The bytes of each push, by itself or in an exchange.
const pushes = (studio) => studio.requests.flatMap(({ path, body }) => {
  if (path === PUSH) return [body]
  return path === EXCHANGE ? [body.slice('{"push":'.length, body.lastIndexOf(',"pull":'))] : []
})

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

  story('a record deleted elsewhere after a lost answer leaves no ghost', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    phone.cut(EXCHANGE, { times: 1, isAfter: true })
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
    assert.equal(studio.streams.size, 0)
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

  story('what was done and what changed go in one round trip', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    studio.requests.length = 0
    await phone.edit('clients', id, { first_name: 'Bea' })
    const report = await phone.sync()
    assert.deepEqual(studio.requests.map(({ path }) => path), [EXCHANGE])
    assert.deepEqual(report, { pages: 1, pushed: 1, repaired: [] })
    await phone.assertConsistent()
  })

  for (const [how, judged] of [['clashes', { first_name: 'Cleo' }], ['is merged', { first_name: 'Cleo', last_name: 'May' }]]) {
    story(`a removal that waited for an edit is carried out, whatever copy the verdict brings: it ${how}`, async () => {
      const { studio, phone, id } = await begin(kind)
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

  story('a record that comes back while its removal waits stays', async () => {
    const { studio, phone, id } = await begin(kind)
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

  story('one change the server cannot read is set aside, told, and holds nobody up', async () => {
    const { studio, phone, ids } = await begin(kind, 5)
    await phone.sync()
    // SQLite keeps another character in the place of half a pair.
    studio.refusal = ({ fields }) => (fields.notes?.startsWith('cut ') ? [422, 'invalid_json'] : null)
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

  story('a deletion that is set aside brings the record back', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    studio.refusal = ({ op }) => (op === 'delete' ? [400, 'bad_request'] : null)
    await phone.remove('clients', id)
    await phone.sync()
    assert.equal((await phone.find('clients', id)).first_name, 'Ann 0')
    assert.equal(phone.refused[0].op, 'delete')
    await phone.assertConsistent()
  })

  story('a server that fails over a change is asked again before the change is set aside, and the pull goes on', async () => {
    const { studio, phone, ids } = await begin(kind)
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

  story('a batch that is too large goes in parts', async () => {
    const { studio, phone, ids } = await begin(kind, 7)
    await phone.sync()
    studio.most = 2
    for (const id of ids) await phone.edit('clients', id, { first_name: 'Bea' })
    await phone.sync()
    for (const id of ids) assert.equal(studio.rows.get(id).record.first_name, 'Bea')
    assert.deepEqual(phone.refused, [])
    await phone.assertConsistent()
  })

  story('a copy that has drifted is repaired and not fetched anew', async () => {
    const { studio, phone, ids } = await begin(kind, 40)
    await phone.sync()
    const collection = phone.database.get('clients')
    await phone.database.write(async () => {
      const [lost, wrong] = [await collection.find(ids[0]), await collection.find(ids[1])]
      const stranger = { id: randomUUID(), server_revision: 3, last_name: 'Nobody', _status: 'synced', _changed: '' }
      await phone.database.batch(
        lost.prepareDestroyPermanently(),
        wrong.prepareUpdate(() => Object.assign(wrong._raw, { server_revision: 1, last_name: 'Wrong', _status: 'synced', _changed: '' })),
        collection.prepareCreateFromDirtyRaw(stranger),
      )
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

  story('where the server says that will do, the copy is reconciled, and unpushed work survives', async () => {
    const { studio, phone, ids } = await begin(kind, 9)
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

  story('a reconciling that was cut begins again', async () => {
    const { studio, phone, ids } = await begin(kind)
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

  story('what is not pushed yet names the record that stays of a merge', async () => {
    const { studio, phone, ids: [gone, stays, other] } = await begin(kind)
    await phone.sync()
    const merges = []
    phone.onMerged = (merged) => merges.push(merged)
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
    assert.deepEqual(merges, [{ clients: { [gone]: stays } }])
    assert.equal(studio.rows.get(session.id).record.client_id, stays)
    assert.deepEqual(studio.rows.get(other).record.recommended_by_ids, [stays])
    assert.equal((await phone.find('sessions', session.id)).client_id, stays)
    await phone.assertConsistent()
  })

  story('what the user should know of a change that was taken in is told, once', async () => {
    const { phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { notes: 'Double' })
    await phone.sync()
    await phone.sync()
    const warning = { code: 'possible_duplicates', message: 'Is it?', fields: ['notes'], records: [id] }
    assert.deepEqual(phone.warned, [{ collection: 'clients', id, op: 'patch', command: null, ...warning }])
    assert.deepEqual(phone.refused, [])
  })

  story('an entry of the inbox is decided offline, and the decision arrives behind a restart', async () => {
    const { studio, phone } = await begin(kind)
    const [older, newer] = [randomUUID(), randomUUID()]
    studio.put('inbox', older, { date: '2026-05-01', resolution: null })
    studio.put('inbox', newer, { date: '2026-05-02', resolution: null })
    await phone.sync()
    assert.deepEqual((await openInbox(phone.database)).map(({ id }) => id), [newer, older])
    await resolveInbox(phone.database, older, 'take_mine', { last_name: 'May' }, { keep: ['notes'], record_revision: 7 })
    await phone.restart()
    assert.equal((await statusOf(phone.database, MANIFEST)).unpushed, 1)
    await phone.sync()
    const [command] = JSON.parse(pushes(studio)[0]).changes
    assert.deepEqual([command.op, command.command, command.fields], ['command', 'resolve', { resolution: 'take_mine', fields: { last_name: 'May' }, keep: ['notes'], record_revision: 7 }])
    assert.deepEqual((await openInbox(phone.database)).map(({ id }) => id), [newer])
    assert.deepEqual(await queuedCommands(phone.database), [])
    await phone.assertConsistent()
  })

  story('a command whose answer was lost is sent once more, and a refused one is told', async () => {
    const { studio, phone, id } = await begin(kind)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    await queueCommand(phone.database, 'clients', id, 'juggle', { balls: 3 })
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

  story('how the database stands can be read without a connection', async () => {
    const { studio, phone, id } = await begin(kind)
    assert.equal((await statusOf(phone.database, MANIFEST)).usable, false)
    await phone.sync()
    await phone.edit('clients', id, { first_name: 'Bea' })
    await phone.create('clients', { last_name: 'New' })
    const { usable, consistent, unpushed, revision } = await statusOf(phone.database, MANIFEST)
    assert.deepEqual({ usable, consistent, unpushed, revision }, { usable: true, consistent: true, unpushed: 2, revision: studio.revision })
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
