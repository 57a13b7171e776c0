// Commands wait in a queue beside the edits, and the inbox is decided by one of them.
import { prepareState, readState } from './state.js'
import { Q } from './watermelon.js'

/**
 * Have the server do something with a record at the next sync, such as `complete` a task; the manifest names
 * the commands. It goes behind all edits that wait, and shows once it is pulled.
 */
export function queueCommand(database, collection, id, command, fields = {}) {
  const queued = { key: globalThis.crypto.randomUUID(), collection, id, command, fields }
  return database.write(async () => {
    const prepare = await prepareState(database, 'commands', [...(await queuedCommands(database)), queued])
    await database.batch(prepare())
  })
}

/** The commands that are not answered yet, in order, each as `{key, collection, id, command, fields}`. */
export function queuedCommands(database) {
  return readState(database, 'commands', [])
}

/** The entries of the inbox nobody has decided about, the newest first; a decision that waits to be sent counts. */
export async function openInbox(database) {
  const decided = new Set((await queuedCommands(database)).filter(({ command }) => command === 'resolve').map(({ id }) => id))
  const entries = await database.get('inbox').query(Q.where('resolution', null)).fetch()
  return entries
    .filter(({ id }) => !decided.has(id))
    .sort((one, other) => (one.date < other.date ? 1 : -1))
}

/**
 * Decide what becomes of an entry of the inbox: `take_mine`, with further `fields` that put right what was
 * wrong, `keep_theirs` or `dismiss`. Of what was typed `keep` names fields that are not taken; with
 * `record_revision`, the `server_revision` of the record as it was shown, nothing is done if others have changed
 * it since.
 */
export function resolveInbox(database, id, resolution, fields, { keep, record_revision } = {}) {
  const sent = { resolution, fields, keep, record_revision }
  for (const name of Object.keys(sent)) if (sent[name] === undefined || sent[name] === null) delete sent[name]
  return queueCommand(database, 'inbox', id, 'resolve', sent)
}
