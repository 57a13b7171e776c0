// Collections of TanStack DB that show the copy of a studio in IndexedDB, and write to it.
import { Mirror } from './mirror.js'

/**
 * The options of a TanStack collection that shows a collection of the studio's. `store` is the open copy, which
 * syncs by itself; what is done to the collection is durable, and waits to be sent, once its transaction is persisted.
 */
export function studioCollectionOptions({ store, collection, id = collection }) {
  const mirror = new Mirror(store, collection)
  const save = studioSave(store)
  return {
    id,
    getKey: (record) => record.id,
    sync: { rowUpdateMode: 'full', sync: (shown) => mirror.begin(shown) },
    onInsert: save,
    onUpdate: save,
    onDelete: save,
    utils: { studioCollection: collection, caughtUp: () => mirror.caughtUp() },
  }
}

/** What keeps a transaction over several such collections, as one save that stands or falls together. */
export function studioSave(store) {
  return async ({ transaction: { mutations } }) => {
    await store.write(mutations.map(editOf))
    // What is shown for the time being goes when this ends: what takes its place must be there by then.
    await Promise.all(mutations.map(({ collection }) => collection.utils.caughtUp()))
  }
}

function editOf({ type, key, original, modified, changes, collection }) {
  const edit = { collection: collection.utils.studioCollection, id: key }
  if (type === 'delete') return { op: 'delete', ...edit, revision: original.revision }
  if (type === 'update') return { op: 'patch', ...edit, fields: changes, revision: original.revision }
  const { id: _, ...fields } = modified
  return { op: 'create', ...edit, fields }
}
