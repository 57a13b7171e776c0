// What the server's verdicts do to the local records, in one transaction with the emptied outbox.
import { REVISION, mappingOf, rowFromRecord, storedRow } from './mapping.js'
import { readPush } from './outbox.js'
import { rowsWithDeleted } from './rows.js'
import { prepareRow, prepareState, readState } from './state.js'
import { Q } from './watermelon.js'

const REFUSED = new Set(['conflict', 'rejected', 'blocked'])

/**
 * Carry out the verdicts on the batch in the outbox and empty it. Answers the first `retry` verdict,
 * or undefined; changes without a final verdict stay dirty and are numbered again.
 */
export function settle(database, manifest, answer) {
  return database.write(async () => {
    const push = await readPush(database)
    const verdicts = new Map(answer.results.map((verdict) => [verdict.n, verdict]))
    const retry = answer.results.find(({ verdict }) => verdict === 'retry')
    const judged = push.outbox.changes
      .filter(({ n }) => verdicts.has(n) && verdicts.get(n).verdict !== 'retry')
      .map((change) => ({ change, verdict: verdicts.get(change.n) }))
    const outcomes = await outcomesOf(database, mappingOf(manifest), judged)
    await store(database, outcomes, { ...push, next: answer.last + 1, outbox: null })
    return retry
  })
}

async function outcomesOf(database, mapping, judged) {
  const outcomes = []
  for (const table of mapping.values()) {
    const ofTable = judged.filter(({ change }) => change.table === table.name)
    if (!ofTable.length) continue
    const collection = database.get(table.name)
    const ids = ofTable.map(({ change }) => change.id)
    const rows = await rowsWithDeleted(collection, [Q.where('id', Q.oneOf(ids))])
    const held = new Map(rows.map((row) => [row.id, row]))
    for (const { change, verdict } of ofTable) {
      const server = verdict.server ? storedRow(collection, rowFromRecord(table, verdict.server)) : null
      const current = held.get(change.id)
      const next = nextRow(table, change, verdict, current, server)
      outcomes.push({ collection, id: change.id, current, next, refusal: refusalOf(change, verdict) })
    }
  }
  return outcomes
}

// The row after a verdict: null to drop it; the current one, itself, to leave it.
function nextRow(table, change, verdict, current, server) {
  if (change.op === 'delete') return REFUSED.has(verdict.verdict) && server ? marked(server, []) : null
  // Removed meanwhile, or deleted here since: the deletion is yet to be pushed.
  if (!current || current._status === 'deleted') return current
  const later = changedSince(table, change, current)
  if (verdict.in_scope === false && !later.length) return null
  if (REFUSED.has(verdict.verdict) && !server) return null
  if (isKnownThere(change, verdict)) return overlaid(server, current, differing(table, server, current))
  return overlaid(server ?? confirmed(change, verdict, current), current, later)
}

// A create the server already took in, forgotten here: what differs goes again as an edit.
function isKnownThere({ op }, { verdict, code }) {
  return op === 'create' && verdict === 'conflict' && code === 'already_exists'
}

function differing(table, server, current) {
  return writableNames(table).filter((name) => current[name] !== null && current[name] !== server[name])
}

// An edit keeps its old base until the pull brings the record: others may have changed fields we have
// not seen, and our own changes never conflict with us.
function confirmed(change, verdict, current) {
  return change.op === 'create' ? { ...current, [REVISION]: verdict.revision } : current
}

// What the user changed after the batch was written down; it is still to be pushed.
function changedSince(table, { op, sent }, current) {
  const candidates = op === 'create' ? writableNames(table) : current._changed.split(',').filter(Boolean)
  return candidates.filter((name) => !(name in sent) || sent[name] !== current[name])
}

function writableNames(table) {
  return table.columns.filter(({ isWritable }) => isWritable).map(({ name }) => name)
}

function overlaid(row, current, names) {
  return marked({ ...row, ...Object.fromEntries(names.map((name) => [name, current[name]])) }, names)
}

function marked(row, changed) {
  return { ...row, _status: changed.length ? 'updated' : 'synced', _changed: changed.join(',') }
}

// A merge that dropped some of what was typed is reported like a refusal.
function refusalOf(change, verdict) {
  const isLost = verdict.verdict === 'merged' && verdict.fields && Object.keys(verdict.fields).length > 0
  if (isKnownThere(change, verdict) && verdict.server) return null
  if (!isLost && !REFUSED.has(verdict.verdict)) return null
  const { n, revision, in_scope, ...reasons } = verdict
  return { collection: change.table, id: change.id, op: change.op, typed: change.fields, ...reasons }
}

async function store(database, outcomes, push) {
  const refusals = outcomes.flatMap(({ refusal }) => refusal ?? [])
  const prepares = [await prepareState(database, 'push', push)]
  if (refusals.length) {
    const earlier = await readState(database, 'refusals', [])
    prepares.push(await prepareState(database, 'refusals', [...earlier, ...refusals]))
  }
  for (const { collection, id, current, next } of outcomes) {
    if (next === current) continue
    if (current?._status === 'deleted') await database.adapter.destroyDeletedRecords(collection.table, [id])
    prepares.push(await prepareOutcome(collection, id, current, next))
  }
  await database.batch(prepares.map((prepare) => prepare()))
}

async function prepareOutcome(collection, id, current, next) {
  if (!current || current._status === 'deleted') {
    return () => next && collection.prepareCreateFromDirtyRaw(next)
  }
  const record = await collection.find(id)
  return () => (next ? prepareRow(record, next) : record.prepareDestroyPermanently())
}
