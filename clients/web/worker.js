// The service worker: the shell without a connection, and what waits is sent when there is one again.
import { openStudio } from './studio.js'

// The hash of all files of the shell, told by whoever registers this.
const VERSION = new URL(location.href).searchParams.get('v')
const SHELL = `studio-shell-${VERSION}`

self.addEventListener('install', (event) => event.waitUntil(keepShell()))
self.addEventListener('activate', (event) => event.waitUntil(begin()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const isOfShell = request.method === 'GET' && request.url.startsWith(registration.scope)
  // An answer of the API is never kept: it is right only for the cursor it was asked with.
  if (isOfShell && !request.url.endsWith('/version.json')) event.respondWith(shown(request))
})

self.addEventListener('sync', (event) => {
  if (event.tag === 'push') event.waitUntil(push())
})

// While servers are being updated one file may be of another version than the next: such a shell is not kept, and the
// browser tries again when a page is opened.
async function keepShell() {
  const { version, index, files } = await (await fetch('version.json', { cache: 'no-store' })).json()
  if (version !== VERSION) throw new Error(`Version ${version} answers in place of ${VERSION}.`)
  const shell = await caches.open(SHELL)
  const asked = Object.entries({ './': files[index], ...files })
  await shell.addAll(asked.map(([file, integrity]) => new Request(file, { cache: 'reload', integrity })))
}

async function begin() {
  const kept = await caches.keys()
  await Promise.all(kept.filter((name) => name.startsWith('studio-shell-') && name !== SHELL).map((name) => caches.delete(name)))
  await self.clients.claim()
}

async function shown(request) {
  const asked = request.mode === 'navigate' ? registration.scope : request
  return (await caches.match(asked, { cacheName: SHELL })) ?? fetch(request)
}

// The browser asks for this again, later and less often, until it succeeds.
async function push() {
  const studio = await openStudio()
  try {
    await studio.store?.sync()
  } finally {
    studio.close()
  }
}
