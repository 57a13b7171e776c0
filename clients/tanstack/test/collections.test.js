// What somebody who shows a copy in TanStack DB would notice; the scenarios tell the rest.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { BasicIndex, createCollection, createLiveQueryCollection, createTransaction, eq } from '@tanstack/db'

import { Phone } from '../../javascript/test/phone.js'
import { MANIFEST, NEXT_MANIFEST, Studio } from '../../javascript/test/studio.js'
import { studioCollectionOptions, studioSave } from '../src/index.js'

const CREDENTIALS = { account: 'demo', initials: 'JD', password: 'secret' }

async function begin() {
  const studio = await Studio.open()
  const id = randomUUID()
  studio.put('clients', id, { first_name: 'Ann', last_name: 'Lee' })
  const phone = await Phone.signedIn({ manifest: MANIFEST, baseUrl: 'https://studio.test/', fetch: studio.fetch, credentials: CREDENTIALS })
  return { studio, phone, id, clients: show(phone, 'clients'), sessions: show(phone, 'sessions') }
}

function show({ store }, collection) {
  const indexed = { autoIndex: 'eager', defaultIndexType: BasicIndex }
  return createCollection({ ...studioCollectionOptions({ store, collection }), ...indexed, startSync: true, gcTime: 0 })
}

// What is shown of a field, each time it is another.
function watch(collection, id, field) {
  const shown = []
  collection.subscribeChanges((changes) => {
    for (const { key, value } of changes) if (key === id && shown.at(-1) !== value[field]) shown.push(value[field])
  })
  return shown
}

test('it is ready when the app may open, and not before', async () => {
  const { phone, clients, id } = await begin()
  await clients.utils.caughtUp()
  assert.equal(clients.isReady(), false)
  await phone.sync()
  await clients.preload()
  assert.equal(clients.get(id).first_name, 'Ann')
})

test('an edit is shown at once, is durable when it is persisted, and never flickers back', async () => {
  const { phone, clients, id } = await begin()
  await phone.sync()
  await clients.utils.caughtUp()
  const shown = watch(clients, id, 'first_name')
  const edit = clients.update(id, (draft) => { draft.first_name = 'Bea' })
  assert.equal(clients.get(id).first_name, 'Bea')
  await edit.when('settled')
  assert.equal((await phone.store.unpushed()).length, 1)
  await phone.sync()
  await clients.utils.caughtUp()
  assert.deepEqual(shown, ['Bea'])
  assert.equal(clients.get(id).first_name, 'Bea')
})

test('a change that is refused is put right', async () => {
  const { phone, clients, studio, id } = await begin()
  await phone.sync()
  await clients.utils.caughtUp()
  const shown = watch(clients, id, 'first_name')
  await clients.update(id, (draft) => { draft.first_name = 'Mine' }).when('settled')
  studio.put('clients', id, { first_name: 'Theirs' })
  await phone.sync()
  await clients.utils.caughtUp()
  assert.deepEqual(shown, ['Mine', 'Theirs'])
  assert.equal(phone.refused.length, 1)
})

test('one transaction over two collections is one save, and only what was changed travels', async () => {
  const { phone, clients, sessions, studio, id } = await begin()
  await phone.sync()
  const [client, session] = [randomUUID(), randomUUID()]
  const save = createTransaction({ mutationFn: studioSave(phone.store) })
  save.mutate(() => {
    clients.insert({ id: client, last_name: 'New' })
    sessions.insert({ id: session, client_id: client, name: 'First' })
    clients.update(id, (draft) => { draft.last_name = 'May' })
  })
  await save.when('settled')
  await phone.sync()
  const { body } = studio.requests.findLast(({ path }) => path === '/v1/sync')
  const { changes } = JSON.parse(body).push
  assert.equal(new Set(changes.map(({ group }) => group)).size, 1)
  assert.notEqual(changes[0].group, null)
  assert.deepEqual(changes.find((change) => change.id === id).fields, { last_name: 'May' })
  assert.equal(studio.rows.get(session).record.client_id, client)
})

test('what another tab does is shown here, and what it deletes goes', async () => {
  const { phone, clients, id } = await begin()
  await phone.sync()
  await clients.utils.caughtUp()
  const tab = await phone.open()
  // Nothing else keeps Node waiting for what another tab says.
  const waiting = setInterval(() => {}, 1000)
  const until = (isSo) => new Promise((resolve) => {
    const watched = clients.subscribeChanges(() => {
      if (isSo()) resolve(watched)
    }, { includeInitialState: true })
  })
  const edited = until(() => clients.get(id)?.first_name === 'Elsewhere')
  await tab.write([{ op: 'patch', collection: 'clients', id, fields: { first_name: 'Elsewhere' } }])
  const first = await edited
  const gone = until(() => !clients.has(id))
  await tab.write([{ op: 'delete', collection: 'clients', id }])
  for (const watched of [first, await gone]) watched.unsubscribe()
  clearInterval(waiting)
  tab.close()
})

test('what could not be read when it changed is shown once it can be', async () => {
  const { phone, clients, id } = await begin()
  await phone.sync()
  await clients.utils.caughtUp()
  phone.store.get = async () => { throw new Error('cannot be read') }
  await phone.edit('clients', id, { first_name: 'Bea' })
  await clients.utils.caughtUp()
  assert.equal(clients.status, 'error')
  delete phone.store.get
  await clients.utils.caughtUp()
  assert.equal(clients.get(id).first_name, 'Bea')
  assert.equal(clients.status, 'ready')
})

test('a live query joins what is shown, and follows', async () => {
  const { phone, clients, sessions, id } = await begin()
  await phone.sync()
  const booked = createLiveQueryCollection((query) =>
    query
      .from({ session: sessions })
      .join({ client: clients }, ({ session, client }) => eq(session.client_id, client.id), 'inner')
      .select(({ session, client }) => ({ id: session.id, name: client.last_name })),
  )
  await booked.preload()
  assert.equal(booked.size, 0)
  const session = randomUUID()
  await sessions.insert({ id: session, client_id: id, name: 'First' }).when('settled')
  assert.deepEqual(booked.toArray.map(({ id, name }) => [id, name]), [[session, 'Lee']])
})

test('nothing is shown when the copy is gone', async () => {
  const { phone, clients } = await begin()
  await phone.sync()
  await clients.utils.caughtUp()
  assert.equal(clients.size, 1)
  await phone.store.clear()
  assert.equal(clients.size, 0)
})

test('an app that was updated shows and pushes what was typed before, and has what is new', async () => {
  const { phone, clients, studio, id } = await begin()
  await phone.sync()
  await clients.utils.caughtUp()
  await clients.update(id, (draft) => { draft.first_name = 'Bea' }).when('settled')
  await phone.update(NEXT_MANIFEST)
  studio.manifest = NEXT_MANIFEST
  const [updated, tasks] = [show(phone, 'clients'), show(phone, 'tasks')]
  await updated.preload()
  assert.equal(updated.get(id).first_name, 'Bea')
  const task = randomUUID()
  await tasks.insert({ id: task, subject: 'Call', client_id: id }).when('settled')
  await phone.sync()
  assert.equal(studio.rows.get(id).record.first_name, 'Bea')
  assert.equal(studio.rows.get(task).record.subject, 'Call')
})
