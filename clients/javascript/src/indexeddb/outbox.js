// The queue of what was done here: kept in order, numbered and written down to the byte before anything is sent.
import { settled } from './database.js'
import { editsOf, readEdits } from './edits.js'
import { readPush } from './state.js'

const MAX_BYTES = 1_000_000
// Room for the request around its changes.
const ENVELOPE_BYTES = 1_000

/**
 * Put one save at the end of the queue; its changes stand or fall together. An edit of what is queued alone and was
 * never sent joins that, for nobody has seen it. An edit's `revision` is that of the record as it was shown: what others
 * changed since is theirs. Answers the records it is about, by collection.
 */
export async function queue(stores, edits) {
  const group = edits.length > 1 ? crypto.randomUUID() : null
  const { sent } = await readPush(stores)
  for (const { op, collection, id, fields = {}, command = null, revision = null } of edits) {
    const last = (await editsOf(stores, collection, id)).at(-1)
    if (!group && op === 'patch' && last && isOpen(last, sent)) {
      await settled(stores.outbox.put({ ...last, base: older(last.base, revision), fields: { ...last.fields, ...fields } }))
    } else {
      const row = op === 'create' || op === 'command' ? null : await settled(stores.records.get([collection, id]))
      const base = older(row?.record.revision ?? null, revision)
      const entry = { group, collection, id, op, command, base, fields, time: new Date().toISOString() }
      await settled(stores.outbox.add(entry))
    }
  }
  return changesOf(edits)
}

// What was made before one of two revisions was made before both; null is no copy.
function older(base, revision) {
  return base === null || revision === null ? base : Math.min(base, revision)
}

/** Ids by collection, each once. */
export function changesOf(records) {
  const changes = {}
  for (const { collection, id } of records) (changes[collection] ??= new Set()).add(id)
  return Object.fromEntries(Object.entries(changes).map(([collection, ids]) => [collection, [...ids]]))
}

/**
 * The batch that waits for its answer; without one, the head of the queue is numbered and the exact text that will be
 * sent is written down. Null when there is nothing to send.
 */
export async function filledBatch(stores, most) {
  const push = await readPush(stores)
  if (push.sent) return push.sent
  const { entries } = await readEdits(stores)
  const changes = head(entries, push.next, Math.min(push.most, most))
  if (!changes.length) return null
  const text = JSON.stringify({
    stream: push.stream,
    first: push.next,
    atomicity: 'group',
    on_conflict: 'merge',
    changes: changes.map(({ wire }) => wire),
  })
  const sent = { text, keys: changes.map(({ key, wire: { n } }) => ({ key, n })) }
  await settled(stores.state.put({ ...push, sent }, 'push'))
  return sent
}

/**
 * Forget the batch, which was not taken in: what it had is numbered anew, from `expected` in the same stream or in
 * another one, and at most `most` at a time.
 */
export async function unsend(stores, { expected, stream, most }) {
  const push = await readPush(stores)
  const kept = stream ? { ...stream, most: push.most } : push
  await settled(stores.state.put({ ...kept, next: expected ?? kept.next, most: most ?? kept.most, sent: null }, 'push'))
}

function isOpen({ key, op, group }, sent) {
  return group === null && (op === 'create' || op === 'patch') && !sent?.keys.some((each) => each.key === key)
}

// Whole saves, as many as there is room for; one at least.
function head(entries, first, most) {
  const encoder = new TextEncoder()
  let room = MAX_BYTES - ENVELOPE_BYTES
  const batch = []
  for (const save of savesOf(entries)) {
    const numbered = save.map((entry, place) => ({ key: entry.key, wire: wireOf(entry, first + batch.length + place) }))
    room -= numbered.reduce((bytes, { wire }) => bytes + encoder.encode(JSON.stringify(wire)).length + 1, 0)
    if (batch.length && (room < 0 || batch.length + numbered.length > most)) break
    batch.push(...numbered)
  }
  return batch
}

function savesOf(entries) {
  const saves = []
  for (const entry of entries) {
    const last = saves.at(-1)
    if (entry.group !== null && last?.[0].group === entry.group) last.push(entry)
    else saves.push([entry])
  }
  return saves
}

function wireOf({ group, collection, id, op, command, base, fields, time }, n) {
  return { n, group, collection, id, op, command, base_revision: base, fields, client_time: time }
}
