// The state of the sync, which commits together with the records it is about.
import { settled } from './database.js'

/**
 * What the last stored page told; `mustVerify` says that something was given up which has to be repaired, `last_sync`
 * when all was last there, as `Date.now()` tells time.
 */
export const NOTHING_PULLED = {
  cursor: null,
  revision: null,
  scope_version: null,
  usable: false,
  consistent: false,
  progress: {},
  next_sync_at: 0,
  mustVerify: false,
  last_sync: null,
}

/** The kind of key under which is kept what was not taken in and has no entry in the inbox. */
export const REFUSAL = 'refusal'

/** The key under which is kept that a copy is being deleted. */
export const ENDS = 'ends'

/** As many changes as a push may have. */
export const MAX_CHANGES = 500

/**
 * A stream of numbers of our own: a database made anew on the same device must not reuse those of the one before it.
 * `most` is how many changes the next batch may have, `failures` how often the server failed over the only one of
 * the batch that was `sent`.
 */
export function newStream() {
  return { stream: `web-${crypto.randomUUID()}`, next: 1, sent: null, most: MAX_CHANGES, failures: 0 }
}

export const readPull = async ({ state }) => (await settled(state.get('pull'))) ?? NOTHING_PULLED

export const readPush = async ({ state }) => (await settled(state.get('push'))) ?? newStream()

/** What waits to be told: `refusals` or `warnings`. */
export const readNews = async ({ state }, part) => (await settled(state.get(part))) ?? []
