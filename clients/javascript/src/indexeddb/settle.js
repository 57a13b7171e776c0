// What the server's verdicts do: the answered leave the queue, and the copies become what the server says.
import { settled } from './database.js'
import { editsOf, readEdits } from './edits.js'
import { changesOf } from './outbox.js'
import { MAX_CHANGES, REFUSAL, readNews, readPull, readPush } from './state.js'

const REFUSED = new Set(['conflict', 'rejected', 'blocked'])

/**
 * Carry out the verdicts on the batch that was sent and empty it. Answers the changed records by collection, and the
 * first `retry` verdict, if any: what has no final verdict stays in the queue and is numbered again.
 */
export async function settle(stores, answer) {
  const push = await readPush(stores)
  const verdicts = new Map(answer.results.map((verdict) => [verdict.n, verdict]))
  const judged = await judgedOf(stores, push, (n) => verdicts.get(n))
  const final = judged.filter(({ verdict }) => verdict && verdict.verdict !== 'retry')
  for (const each of final) await carryOut(stores, each)
  const most = Math.min(2 * push.most, MAX_CHANGES)
  await settled(stores.state.put({ ...push, most, next: answer.last + 1, sent: null, failures: 0 }, 'push'))
  await noteRefusals(stores, final.flatMap(refusalOf))
  await note(stores, 'warnings', final.flatMap(warningsOf))
  const retry = answer.results.find(({ verdict }) => verdict === 'retry')
  return { retry, changes: changesOf(final.map(({ entry }) => entry)) }
}

/**
 * Take the only save of the batch back, which the server refuses as it is and so never judged. What was typed is kept
 * to be told; the records are put right by the next comparison with the server.
 */
export async function setAside(stores, problem) {
  const push = await readPush(stores)
  const reasons = { fields: null, server: null, blocked_by: null, inbox_id: null, warnings: [] }
  const judged = await judgedOf(stores, push, (n) => {
    return { n, verdict: 'set_aside', code: problem.code, message: problem.message, ...reasons }
  })
  for (const { entry } of judged) {
    await settled(stores.outbox.delete(entry.key))
    const row = await settled(stores.records.get([entry.collection, entry.id]))
    // Of no revision the server ever gave: the comparison finds it, and brings the server's record.
    if (row) await settled(stores.records.put({ ...row, record: { ...row.record, revision: 0 } }))
  }
  await settled(stores.state.put({ ...push, most: MAX_CHANGES, sent: null, failures: 0 }, 'push'))
  await settled(stores.state.put({ ...(await readPull(stores)), mustVerify: true }, 'pull'))
  await noteRefusals(stores, judged.flatMap(refusalOf))
  return changesOf(judged.map(({ entry }) => entry))
}

async function judgedOf(stores, push, verdictOn) {
  const { entries } = await readEdits(stores)
  const byKey = new Map(entries.map((entry) => [entry.key, entry]))
  return push.sent.keys.map(({ key, n }) => ({ entry: byKey.get(key), verdict: verdictOn(n) }))
}

async function carryOut(stores, { entry, verdict }) {
  const { collection, id } = entry
  await settled(stores.outbox.delete(entry.key))
  const row = await settled(stores.records.get([collection, id]))
  if (isKnownThere(entry, verdict)) {
    const differing = Object.entries(entry.fields).filter(([name, value]) => !isSame(value, verdict.server[name]))
    const fields = Object.fromEntries(differing)
    const edit = { ...entry, op: 'patch', group: null, base: verdict.server.revision, fields }
    if (differing.length) await settled(stores.outbox.put(edit))
  }
  const isAwaited = (await editsOf(stores, collection, id)).length > 0
  const ends = Boolean(row?.ends)
  const record = recordAfter(entry, verdict, row?.record)
  // A page has removed it, or it belongs elsewhere: whatever copy the verdict brings, it goes once nothing waits.
  const goes = record === null || ((ends || verdict.in_scope === false) && !isAwaited)
  if (goes) await settled(stores.records.delete([collection, id]))
  else if (record) await settled(stores.records.put({ collection, id, record, ends }))
}

// The server's copy after a verdict: null where the server has none, undefined where we have none either. Of several
// verdicts on a record only the last brings a copy.
function recordAfter({ op, id, fields }, { verdict, server, revision }, copy) {
  if (op === 'command' || server) return server ?? copy
  if (revision === null) return null
  if (REFUSED.has(verdict)) return copy
  if (op === 'delete') return null
  if (op === 'create') return { ...fields, id, revision }
  // An edit keeps its old base until the pull brings the record: others may have changed fields we have not seen.
  return copy && { ...copy, ...fields }
}

// A create the server already took in, forgotten here: what differs goes again as an edit.
function isKnownThere({ op }, { verdict, code, server }) {
  return op === 'create' && verdict === 'conflict' && code === 'already_exists' && Boolean(server)
}

function isSame(one, other) {
  return stable(one) === stable(other)
}

// The same value always gives the same text, whatever order its keys came in.
function stable(value) {
  return JSON.stringify(value ?? null, (_key, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )
}

// A merge that dropped some of what was typed is told like a refusal.
function refusalOf({ entry, verdict }) {
  const isLost = verdict.verdict === 'merged' && verdict.fields && Object.keys(verdict.fields).length > 0
  const isGone = REFUSED.has(verdict.verdict) || verdict.verdict === 'set_aside'
  if (isKnownThere(entry, verdict) || !(isLost || isGone)) return []
  const { n, revision, in_scope, warnings, ...reasons } = verdict
  return [{ ...namesOf(entry), typed: entry.fields, ...reasons }]
}

function warningsOf({ entry, verdict }) {
  return verdict.warnings.map((warning) => ({ ...namesOf(entry), ...warning }))
}

function namesOf({ collection, id, op, command }) {
  return { collection, id, op, command }
}

// What has no entry in the inbox is nowhere else once it was told.
async function noteRefusals(stores, refusals) {
  await note(stores, 'refusals', refusals)
  const time = new Date().toISOString()
  for (const each of refusals) if (!each.inbox_id) await settled(stores.state.put(each, [REFUSAL, `${time} ${crypto.randomUUID()}`]))
}

async function note(stores, part, news) {
  if (news.length) await settled(stores.state.put([...(await readNews(stores, part)), ...news], part))
}
