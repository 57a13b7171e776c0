// What a sign-in is kept in: a small database of its own with the three calls of localStorage, which workers have not.
import { deleteDatabase, settled } from './database.js'

/** Open it. `clear` forgets all of it. */
export async function openKeys(name) {
  const asked = indexedDB.open(name, 1)
  asked.onupgradeneeded = () => asked.result.createObjectStore('keys')
  const database = await settled(asked)
  database.onversionchange = () => database.close()
  const keys = (mode) => database.transaction('keys', mode, { durability: 'strict' }).objectStore('keys')
  return {
    getItem: async (key) => (await settled(keys('readonly').get(key))) ?? null,
    setItem: (key, value) => settled(keys('readwrite').put(value, key)),
    removeItem: (key) => settled(keys('readwrite').delete(key)),
    clear: async () => {
      database.close()
      await deleteDatabase(name)
    },
  }
}
