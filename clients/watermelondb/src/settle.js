// What the server's verdicts do to the local records, in one transaction with the emptied outbox.
import { queuedCommands } from './commands.js'
import { REVISION, mappingOf, rowFromRecord, storedRow } from './mapping.js'
import { MAX_CHANGES, newStream, readPush } from './outbox.js'
import { rowsWithDeleted } from './rows.js'
import { prepareRow, prepareState, readPull, readState } from './state.js'
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
    const pull = await readPull(database)
    const outcomes = await outcomesOf(database, mappingOf(manifest), judged, pull.waiting)
    const most = Math.min(2 * push.most, MAX_CHANGES)
    await store(database, outcomes, {
      push: { ...push, most, next: answer.last + 1, outbox: null, failures: 0 },
      pull: { ...pull, waiting: stillWaiting(pull.waiting, outcomes) },
      commands: await unanswered(database, judged),
      refusals: judged.flatMap(refusalOf),
      warnings: judged.flatMap(warningsOf),
    })
    return retry
  })
}

/**
 * Take the only change of the outbox back, which the server refuses as it is and so never judged. What was
 * typed is kept to be told; the record itself is put right by the next comparison with the server.
 */
export function setAside(database, manifest, problem) {
  return database.write(async () => {
    const push = await readPush(database)
    const [change] = push.outbox.changes
    const pull = await readPull(database)
    const verdict = { n: change.n, verdict: 'set_aside', ...told(problem) }
    const judged = [{ change, verdict }]
    const outcomes = await outcomesOf(database, mappingOf(manifest), judged, pull.waiting)
    await store(database, outcomes, {
      push: { ...push, most: MAX_CHANGES, outbox: null, failures: 0 },
      pull: { ...pull, waiting: stillWaiting(pull.waiting, outcomes), mustVerify: true },
      commands: await unanswered(database, judged),
      refusals: judged.flatMap(refusalOf),
      warnings: [],
    })
  })
}

/**
 * Forget the batch, which was not taken in: what is still dirty is numbered anew, from `expected` in the same
 * stream or from 1 in a fresh one, and at most `most` at a time.
 */
export async function unsend(database, { expected, isFresh = false, most }) {
  await database.write(async () => {
    const push = await readPush(database)
    const kept = isFresh ? { ...newStream(), most: push.most } : push
    const next = { ...kept, next: expected ?? kept.next, most: most ?? kept.most, outbox: null }
    const prepare = await prepareState(database, 'push', next)
    await database.batch(prepare())
  })
}

function told({ code, message }) {
  return { code, message, fields: null, server: null, blocked_by: null, inbox_id: null, warnings: [] }
}

async function outcomesOf(database, mapping, judged, waiting) {
  const outcomes = []
  for (const table of mapping.values()) {
    const ofTable = judged.filter(({ change }) => change.table === table.name)
    if (!ofTable.length) continue
    const collection = database.get(table.name)
    const ids = [...new Set(ofTable.map(({ change }) => change.id))]
    const rows = await rowsWithDeleted(collection, [Q.where('id', Q.oneOf(ids))])
    const ends = new Set(waiting[table.name])
    for (const id of ids) {
      const current = rows.find((row) => row.id === id)
      // One after the other: a command may follow an edit of its record.
      const next = ofTable
        .filter(({ change }) => change.id === id)
        .reduce((row, { change, verdict }) => {
          const server = verdict.server ? storedRow(collection, rowFromRecord(table, verdict.server)) : null
          return nextRow(table, change, verdict, row, server, ends.has(id))
        }, current)
      outcomes.push({ collection, id, current, next: next ?? null })
    }
  }
  return outcomes
}

// The row after a verdict: null to drop it; the current one, itself, to leave it. One that `ends` was removed
// by a page already, which waited for this verdict: whatever copy that brings, it does not belong here.
function nextRow(table, change, verdict, current, server, ends) {
  const isRefused = REFUSED.has(verdict.verdict)
  if (change.op === 'delete') {
    if (ends) return null
    if (verdict.verdict === 'set_aside') return current && unconfirmed(current)
    return isRefused && server ? marked(server, []) : null
  }
  // Removed meanwhile, or deleted here since: the deletion is yet to be pushed.
  if (!current || current._status === 'deleted') return current
  const later = changedSince(table, change, current)
  if ((ends || verdict.in_scope === false) && !later.length) return null
  if (change.op === 'command') return server ? overlaid(server, current, later) : current
  if (verdict.verdict === 'set_aside') return later.length ? current : change.op === 'create' ? null : unconfirmed(current)
  if (isRefused && !server) return null
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

// Of no revision the server ever gave: a comparison finds it, and brings the server's record.
function unconfirmed(current) {
  return marked({ ...current, [REVISION]: 0 }, [])
}

// What the user changed after the batch was written down; it is still to be pushed.
function changedSince(table, { op, sent }, current) {
  const isNew = op === 'create' || current._status === 'created'
  const candidates = isNew ? writableNames(table) : current._changed.split(',').filter(Boolean)
  // A column may have come with an update of the app, after a new record had been sent.
  const known = op === 'create' ? { ...unsaidOf(table), ...sent } : sent
  return candidates.filter((name) => !(name in known) || known[name] !== current[name])
}

function writableNames(table) {
  return table.columns.filter(({ isWritable }) => isWritable).map(({ name }) => name)
}

function unsaidOf(table) {
  return Object.fromEntries(table.columns.map(({ name, unsaid }) => [name, unsaid]))
}

function overlaid(row, current, names) {
  return marked({ ...row, ...Object.fromEntries(names.map((name) => [name, current[name]])) }, names)
}

function marked(row, changed) {
  return { ...row, _status: changed.length ? 'updated' : 'synced', _changed: changed.join(',') }
}

// A merge that dropped some of what was typed is reported like a refusal.
function refusalOf({ change, verdict }) {
  const isLost = verdict.verdict === 'merged' && verdict.fields && Object.keys(verdict.fields).length > 0
  const isGone = REFUSED.has(verdict.verdict) || verdict.verdict === 'set_aside'
  if ((isKnownThere(change, verdict) && verdict.server) || !(isLost || isGone)) return []
  const { n, revision, in_scope, warnings, ...reasons } = verdict
  return [{ ...namesOf(change), typed: change.fields, ...reasons }]
}

function warningsOf({ change, verdict }) {
  return verdict.warnings.map((warning) => ({ ...namesOf(change), ...warning }))
}

function namesOf({ table, id, op, command }) {
  return { collection: table, id, op, command: command ?? null }
}

async function unanswered(database, judged) {
  const answered = new Set(judged.map(({ change }) => change.key))
  return (await queuedCommands(database)).filter(({ key }) => !answered.has(key))
}

function stillWaiting(waiting, outcomes) {
  const gone = new Set(outcomes.filter(({ next }) => next === null).map(({ id }) => id))
  const left = Object.entries(waiting).map(([table, ids]) => [table, ids.filter((id) => !gone.has(id))])
  return Object.fromEntries(left.filter(([, ids]) => ids.length))
}

async function store(database, outcomes, { refusals, warnings, ...state }) {
  const prepares = []
  for (const [part, value] of Object.entries(state)) prepares.push(await prepareState(database, part, value))
  for (const [part, more] of Object.entries({ refusals, warnings })) {
    if (more.length) prepares.push(await prepareState(database, part, [...(await readState(database, part, [])), ...more]))
  }
  for (const { collection, id, current, next } of outcomes) {
    if (next === (current ?? null)) continue
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
