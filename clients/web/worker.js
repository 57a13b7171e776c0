// The service worker: the shell without a connection, and what waits is sent when there is one again.
import { openStudio } from './studio.js'

// The hash of all files of the shell, told by whoever registers this.
const SHELL = `studio-shell-${new URL(location.href).searchParams.get('v')}`

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

async function keepShell() {
  const { files } = await (await fetch('version.json', { cache: 'no-store' })).json()
  const shell = await caches.open(SHELL)
  await shell.addAll(['./', ...files].map((file) => new Request(file, { cache: 'reload' })))
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
  const { store } = await openStudio()
  await store?.sync().finally(() => store.close())
}
