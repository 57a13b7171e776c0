// Types of what this package offers.
import type { CollectionConfig, MutationFn } from '@tanstack/db'
import type { Record as StudioRecord, Store } from '@studio-sync/client/indexeddb'

export type { StudioRecord }

export type StudioUtils = {
  /** What the server calls the collection. */
  studioCollection: string
  /** Resolves when all the copy has told is shown. */
  caughtUp: () => Promise<void>
}

/** The options of a TanStack collection that shows a collection of the studio's. */
export function studioCollectionOptions<T extends StudioRecord = StudioRecord>(options: {
  store: Store
  /** As the manifest names it. */
  collection: string
  /** Of the TanStack collection; default: the same name. */
  id?: string
}): CollectionConfig<T, string, never, StudioUtils> & { schema?: never; utils: StudioUtils }

/** What keeps a transaction over several such collections, as one save that stands or falls together. */
export function studioSave(store: Store): MutationFn<any>
