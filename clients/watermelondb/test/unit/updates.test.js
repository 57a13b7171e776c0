// What a user would notice of an app that was updated while something was not pushed yet.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import { queueCommand, schemaFromManifest, statusOf } from '../../src/index.js'
import { Q, appSchema, schemaMigrations } from '../../src/watermelon.js'
import { MANIFEST, NEXT_MANIFEST, Studio } from '../../../javascript/test/studio.js'
import { kinds } from '../databases.js'
import { Phone } from '../phone.js'

const STAMPS = ['field_created_at', 'created_by', 'field_updated_at', 'updated_by']
const CREDENTIALS = { account: 'demo', initials: 'JD', password: 'secret' }

// The tables as the first release made them, which did not know who changed a record and when.
function firstTables() {
  const { tables } = schemaFromManifest(MANIFEST)
  const before = Object.values(tables).map(({ name, columnArray }) => {
    const columns = columnArray.filter((column) => !STAMPS.includes(column.name) || (name === 'clients' && column.name === 'field_updated_at'))
    return { name, columnArray: columns, columns: Object.fromEntries(columns.map((column) => [column.name, column])) }
  })
  return { schema: appSchema({ version: 1, tables: before }), migrations: schemaMigrations({ migrations: [] }) }
}

// A phone that holds clients, was used in a tunnel, and lost the answer to what was sent first.
async function usedInATunnel(kind, tables) {
  const studio = await Studio.open()
  const ids = [randomUUID(), randomUUID(), randomUUID()]
  for (const id of ids) studio.put('clients', id, { first_name: 'Ann', last_name: 'Lee', updated_at: '2026-01-01T00:00:00Z' })
  const entry = randomUUID()
  studio.put('inbox', entry, { date: '2026-05-01', resolution: null })
  const phone = await Phone.signedIn({ kind, tables, manifest: MANIFEST, baseUrl: 'https://studio.test/', fetch: studio.fetch, credentials: CREDENTIALS })
  await phone.sync()
  const made = await phone.create('clients', { last_name: 'New' })
  phone.cut('/v1/sync', { isAfter: true })
  await assert.rejects(phone.sync(), { code: 'unreachable' })
  phone.mend()
  await phone.edit('clients', ids[0], { first_name: 'Bea' })
  await phone.remove('clients', ids[1])
  const session = await phone.create('sessions', { client_id: made.id, name: 'First' })
  await queueCommand(phone.database, 'inbox', entry, 'resolve', { resolution: 'dismiss' })
  return { studio, phone, ids, entry, made: made.id, session: session.id }
}

async function assertNothingWasLost({ studio, phone, ids, entry, made, session }) {
  assert.equal((await statusOf(phone.database, NEXT_MANIFEST)).unpushed, 5)
  assert.equal((await phone.find('clients', ids[0])).first_name, 'Bea')
  assert.equal(await phone.has('clients', ids[1]), false)
  assert.equal((await phone.find('sessions', session)).client_id, made)
  studio.manifest = NEXT_MANIFEST
  studio.requests.length = 0
  await phone.sync()
  assert.equal(studio.rows.get(made).record.last_name, 'New')
  assert.equal(studio.rows.get(ids[0]).record.first_name, 'Bea')
  assert.equal(studio.rows.get(ids[1]).is_deleted, true)
  assert.equal(studio.rows.get(session).record.client_id, made)
  assert.equal(studio.rows.get(entry).record.resolution, 'dismiss')
  assert.equal((await statusOf(phone.database, NEXT_MANIFEST)).unpushed, 0)
  // It went on where it was: what was sent was sent again to the byte, and no sync began anew.
  const bodies = studio.requests.map(({ body }) => JSON.parse(body))
  assert.ok(bodies.every(({ pull = {}, cursor = pull.cursor }) => cursor))
  assert.deepEqual(bodies.flatMap(({ push }) => push?.changes ?? []).filter(({ id }) => id === made).map(({ op, fields }) => [op, fields]), [['create', { last_name: 'New' }]])
  assert.deepEqual(phone.refused, [])
  await phone.assertConsistent()
}

for (const kind of kinds) {
  const story = (sentence, tell) => test(`${kind}: ${sentence}`, tell)

  story('an app that was updated keeps and pushes what was typed before, and has what is new', async () => {
    const told = await usedInATunnel(kind)
    const { studio, phone, ids } = told
    await phone.update(NEXT_MANIFEST)
    const { nickname, is_vip, tags } = await phone.find('clients', ids[0])
    assert.deepEqual({ nickname, is_vip, tags }, { nickname: null, is_vip: false, tags: [] })
    assert.equal(await phone.database.get('clients').query(Q.where('is_vip', false)).fetchCount(), 3)
    await assertNothingWasLost(told)
    studio.put('clients', ids[0], { nickname: 'Bee', is_vip: true, tags: ['old friend'] })
    const task = await phone.create('tasks', { subject: 'Call', client_id: ids[0] })
    await phone.sync()
    const client = await phone.find('clients', ids[0])
    assert.deepEqual([client.nickname, client.is_vip, client.tags], ['Bee', true, ['old friend']])
    assert.equal(studio.rows.get(task.id).record.subject, 'Call')
    await phone.restart()
    assert.equal((await phone.find('tasks', task.id)).client_id, ids[0])
    await phone.assertConsistent()
  })

  story('a database of the first release is taken over, several versions at once', async () => {
    const told = await usedInATunnel(kind, firstTables())
    const { studio, phone, ids, session } = told
    await phone.update(NEXT_MANIFEST)
    assert.equal((await phone.find('clients', ids[0])).updated_at, '2026-01-01T00:00:00Z')
    assert.equal((await phone.find('clients', ids[0])).created_at, null)
    await assertNothingWasLost(told)
    studio.put('sessions', session, { created_at: '2026-05-01T08:00:00Z', created_by: ids[2] })
    await phone.sync()
    const { created_at, created_by } = await phone.find('sessions', session)
    assert.deepEqual([created_at, created_by], ['2026-05-01T08:00:00Z', ids[2]])
    await phone.assertConsistent()
  })

  story('a database an update would empty is not synced with', async () => {
    const { phone } = await usedInATunnel(kind)
    phone.store = await phone.store.reopen(MANIFEST, { schema: schemaFromManifest(MANIFEST) })
    await assert.rejects(phone.sync(), /migrationsFromManifest/)
  })
}
