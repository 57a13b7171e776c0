// The studio on this device: who is signed in, and the copy that is theirs. Shared by the pages and the service worker.
import { createClient } from './client/index.js'
import { alone, openKeys, openStore } from './client/indexeddb/index.js'

/** What this app knows to show; the server is told after an update. */
const APP = { app_version: '1.0.0', schema_version: 1 }
const KEYS = 'studio-keys'
const COPIES = 'studio/'
const WIPE = 'studio-wipe'
const MANIFEST_IS_GOOD_MS = 24 * 3_600_000

/**
 * Open what is kept here. `onRefused` and `onWarned` hear what became of changes; without them that waits for
 * a page. Nothing is asked of the server, unless a wipe was cut short.
 */
export async function openStudio({ onRefused, onWarned } = {}) {
  const studio = new Studio(await openKeys(KEYS), { onRefused, onWarned })
  await studio.open()
  return studio
}

class Studio {
  store = null
  session = null
  #asked = null

  constructor(keys, listeners) {
    this.keys = keys
    this.listeners = listeners
    this.client = createClient({
      baseUrl: new URL('/', globalThis.location.href).href,
      storage: keys,
      app: APP,
      lock: (work) => alone(KEYS, work),
      onWipe: () => this.wipe(),
    })
  }

  /** Open the copy of whoever is signed in; one per account and user. */
  async open() {
    await alone(WIPE, () => this.#goOnWiping())
    this.session = await this.client.session()
    // The order comes again, and its receipt is sent this time.
    if (this.session && (await this.isWiped())) this.client.manifest().catch(() => {})
    const manifest = JSON.parse(await this.keys.getItem('manifest'))
    if (!this.session || !manifest) return
    const { account, user } = this.session
    const name = `${COPIES}${account.id}/${user.id}`
    await this.keys.setItem('copies', JSON.stringify([...new Set([...(await this.copies()), name])]))
    this.store = await openStore({ name, client: this.client, manifest, ...this.listeners })
  }

  /** Sign in as a phone does: this browser takes up a place of its own. */
  async signIn({ account, initials, password }) {
    await alone(WIPE, () => this.#goOnWiping())
    const uid = (await this.keys.getItem('uid')) ?? crypto.randomUUID()
    await this.keys.setItem('uid', uid)
    const device = { uid, name: 'Web client', model: browserName(), platform: 'web' }
    await this.client.signIn({ account, initials, password, device })
    await this.keep(await this.client.manifest())
    await this.keys.removeItem('wiped')
    // What is not sent yet should outlast a full disk.
    await navigator.storage?.persist?.()
    await this.open()
  }

  /** Go by what the server says there is, asked when the app is opened and once a day. Answers whether that is something else now. */
  async renew() {
    if (Date.now() < this.#asked + MANIFEST_IS_GOOD_MS) return false
    this.#asked = Date.now()
    const { store } = this
    const manifest = await this.client.manifest().catch((error) => {
      this.#asked = null
      throw error
    })
    if (!store || store !== this.store || JSON.stringify(manifest) === JSON.stringify(store.manifest)) return false
    await this.keep(manifest)
    store.manifest = manifest
    return true
  }

  async keep(manifest) {
    await this.keys.setItem('manifest', JSON.stringify(manifest))
  }

  /** End the sign-in. The copy goes with it, unless something is in it that is nowhere else; a server that cannot be reached stops neither. */
  async signOut() {
    const told = this.client.signOut().catch(() => {})
    await this.store?.leave()
    this.store = this.session = null
    await told
  }

  /** Let go of all that is kept here; it stays. */
  close() {
    this.store?.close()
    this.keys.close()
  }

  // Only an order with a good signature comes here. The receipt is sent once all of this is done; a page that ends on
  // the way goes on with it when it is opened again.
  wipe() {
    return alone(WIPE, async () => {
      await this.keys.setItem('wiping', 'yes')
      await this.#goOnWiping()
    })
  }

  async #goOnWiping() {
    if (!(await this.keys.getItem('wiping'))) return
    await this.store?.clear()
    this.store = this.session = null
    for (const name of await this.copies()) await deleted(name)
    for (const name of await caches.keys()) await caches.delete(name)
    const registration = globalThis.registration ?? (await navigator.serviceWorker?.getRegistration())
    await registration?.unregister()
    for (const key of ['manifest', 'copies']) await this.keys.removeItem(key)
    await this.keys.setItem('wiped', 'yes')
    await this.keys.removeItem('wiping')
  }

  // Of whoever was signed in here; not every browser can tell.
  async copies() {
    const known = JSON.parse(await this.keys.getItem('copies')) ?? []
    const there = (await indexedDB.databases?.()) ?? []
    return [...new Set([...known, ...there.map(({ name }) => name).filter((name) => name.startsWith(COPIES))])]
  }

  /** Whether this device was cleared since anybody signed in; while it is being cleared, here or in another tab, that is waited for. */
  isWiped() {
    return alone(WIPE, async () => (await this.keys.getItem('wiped')) !== null)
  }
}

function deleted(name) {
  const asked = indexedDB.deleteDatabase(name)
  return new Promise((resolve, reject) => {
    asked.onsuccess = resolve
    asked.onerror = () => reject(asked.error)
  })
}

function browserName() {
  const { userAgentData, userAgent } = navigator
  return userAgentData?.brands.at(-1)?.brand ?? /Firefox|Chrome|Safari/.exec(userAgent)?.[0] ?? 'Browser'
}
