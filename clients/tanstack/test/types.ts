// What the types promise, compiled: `npm run types`.
import { createCollection, createTransaction } from '@tanstack/db'
import { createClient } from '@studio-sync/client'
import { openStore } from '@studio-sync/client/indexeddb'
import { studioCollectionOptions, studioSave, type StudioRecord } from '@studio-sync/tanstack'

type Task = StudioRecord & { subject: string; complete_date: string | null }

export async function open(): Promise<string[]> {
  const client = createClient({ baseUrl: 'https://studio.test' })
  const store = await openStore({ name: 'copy', client, manifest: await client.manifest() })
  const tasks = createCollection(studioCollectionOptions<Task>({ store, collection: 'tasks' }))
  const clients = createCollection(studioCollectionOptions({ store, collection: 'clients', id: 'people' }))
  const save = createTransaction({ mutationFn: studioSave(store) })
  save.mutate(() => {
    tasks.update('638e6883-bc98-4f36-a63e-271b2185813b', (draft) => {
      draft.subject = 'Order frames'
    })
    clients.delete('638e6883-bc98-4f36-a63e-271b2185813b')
  })
  await save.when('settled')
  await tasks.utils.caughtUp()
  // @ts-expect-error a task has no such field
  tasks.toArray[0]?.last_name satisfies never
  return tasks.toArray.map(({ subject }) => subject)
}
