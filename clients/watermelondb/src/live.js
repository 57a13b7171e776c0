// Staying in step while the app is open, with a WatermelonDB database for the copy.
import { keepInStep as keepCopyInStep } from '@studio-sync/client'
import { readPull } from './state.js'
import { synchronizeWith } from './synchronize.js'

/**
 * Sync now, whenever the server pokes, and when the last page says to, until `stop()`. Takes the options of
 * `synchronizeWith`, and those of the client's own `keepInStep`: `onSync`, `onLine`, `stream` and `sleep`.
 */
export function keepInStep(client, database, { onSync, onLine, stream, sleep, ...options }) {
  const copy = { sync: () => synchronizeWith(client, database, options), position: () => readPull(database) }
  return keepCopyInStep(client, copy, { onSync, onLine, stream, sleep })
}
