// The app in a page: what is shown, staying in step, and the service worker.
import { keepInStep } from './client/index.js'
import { element } from './dom.js'
import { openStudio } from './studio.js'
import { counted, sentenceOf, shareOf, since, wordsOf } from './words.js'
import { showClient } from './views/client.js'
import { showClientForm } from './views/client_form.js'
import { showClients } from './views/clients.js'
import { showConflict } from './views/conflict.js'
import { showConflicts } from './views/conflicts.js'
import { showFirstSync } from './views/first_sync.js'
import { showSessionForm } from './views/session_form.js'
import { showSignIn } from './views/sign_in.js'
import { showState } from './views/state.js'
import { showToday } from './views/today.js'

// While a page is open somebody may be waiting for what was done without a connection.
const LONGEST_PAUSE_MS = 10_000
const REFRESH_MS = 30_000
// Few enough for the bar of a first sync to move on a slow line.
const PAGE_ROWS = 500

const ELSEWHERE = 'You have signed out in another tab.'

const ROUTES = [
  [/^#\/clients$/, showClients],
  [/^#\/clients\/new$/, showClientForm],
  [/^#\/clients\/([^/]+)$/, showClient],
  [/^#\/clients\/([^/]+)\/edit$/, showClientForm],
  [/^#\/clients\/([^/]+)\/session$/, showSessionForm],
  [/^#\/conflicts$/, showConflicts],
  [/^#\/conflicts\/([^/]+)$/, showConflict],
  [/^#\/state$/, showState],
  [/^#\/today(?:\/(.+))?$/, showToday],
]

const page = {
  skip: document.querySelector('.skip'),
  main: document.querySelector('main'),
  nav: document.querySelector('nav'),
  state: document.querySelector('.state'),
  conflicts: document.querySelector('nav [href="#/conflicts"] .badge'),
  refusals: document.querySelector('nav [href="#/state"] .badge'),
  told: document.querySelector('.told'),
}

/** What views are given: the studio, the store, and what happens to the page. */
const app = {
  studio: await openStudio({ onRefused: tellRefusals, onWarned: (warnings) => tell(warnings[0].message) }),
  isOnline: true,
  isFull: false,
  get store() {
    return app.studio.store
  },
  tell,
  go(hash) {
    if (location.hash === hash) show()
    else location.hash = hash
  },
  begin,
  async signOut() {
    end()
    app.message = 'You have signed out.'
    await app.studio.signOut()
    app.go('#/today')
  },
  /** Keep one save, and send it at once where there is a connection. */
  async save(edits, how) {
    await app.store.write(edits, how)
    sendSoon()
  },
  async resolve(...decision) {
    await app.store.resolve(...decision)
    sendSoon()
  },
}

let staying = null
let current = null
let shows = 0
// Which entry of the browser's history is shown, and its address.
let entry = null

/** Stay in step with the server for as long as somebody is signed in. */
function begin() {
  if (!app.store) return
  staying?.stop()
  const { store } = app
  const copy = { sync: syncAndTell, position: () => store.position() }
  const mine = keepInStep(app.studio.client, copy, { onLine: (isReached) => store === app.store && tellLine(isReached), longestPauseMs: LONGEST_PAUSE_MS })
  staying = mine
  mine.done.then((error) => {
    if (staying === mine && error) ended(error)
  })
}

async function syncAndTell() {
  const { store } = app
  try {
    const report = await store.sync({ maxRows: PAGE_ROWS })
    app.isOnline = true
    app.isFull = false
    // Without it all goes on by what was known.
    app.studio.renew().then((isOther) => isOther && refresh(), () => {})
    return report
  } catch (error) {
    if (error.name === 'QuotaExceededError') app.isFull = true
    if (error.code === 'unreachable' || error.code === 'unexpected_answer') app.isOnline = false
    throw error
  } finally {
    if (app.store === store) refresh()
  }
}

function tellLine(isReached) {
  if (app.isOnline === isReached) return
  app.isOnline = isReached
  refresh()
}

function sendSoon() {
  // Whoever stays in step tries again, and tells what ends that.
  syncAndTell().catch(() => {})
}

function end() {
  staying?.stop()
  staying = null
}

// Nothing that was kept is touched here: an error is only told.
async function ended(error) {
  end()
  if (error.code === 'device_wiped') app.studio.store = null
  if (error.code === 'signed_out') {
    app.studio.store?.close()
    app.studio.store = null
  }
  app.message = error.code === 'device_wiped' ? null : sentenceOf(error)
  // Nobody else than a person forgets who was signed in.
  if (error.code === 'signed_out' && !(await app.studio.client.session())) app.message = ELSEWHERE
  if (app.store) tell(app.message)
  else await show()
}

/** Show what the address says, or what has to come before it. */
async function show() {
  const turn = (shows += 1)
  const left = leave()
  const view = viewOf()
  current?.leave?.()
  current = null
  const shown = await view(app)
  if (turn !== shows) return shown.leave?.()
  current = shown
  page.main.replaceChildren(...shown.content)
  document.title = shown.title === 'Studio' ? 'Studio' : `${shown.title} · Studio`
  arrive(left)
  await showFrame()
}

// What was left is scrolled to where it was when one comes back to it. Answers its address, or null at first.
function leave() {
  if (entry) sessionStorage.setItem(`scroll/${entry.key}`, scrollY)
  const left = entry?.hash ?? null
  if (!history.state?.key) history.replaceState({ key: crypto.randomUUID() }, '')
  entry = { key: history.state.key, hash: location.hash }
  return left
}

// Keyboards and screen readers go on at the heading; who comes back, at the link that led away.
function arrive(left) {
  const top = sessionStorage.getItem(`scroll/${entry.key}`)
  scrollTo(0, Number(top))
  // Nobody was anywhere before.
  if (left === null) return
  const back = top !== null && left !== entry.hash ? linkTo(left) : null
  focusOn(back ?? page.main.querySelector('h1') ?? page.main)
}

function linkTo(hash) {
  return [...page.main.querySelectorAll('a')].find((link) => link.hash === hash)
}

function focusOn(place) {
  if (place.tabIndex < 0) place.tabIndex = -1
  place.focus({ preventScroll: true })
}

function viewOf() {
  if (!app.store) return showSignIn
  if (!app.store.status.usable) return showFirstSync
  for (const [pattern, view] of ROUTES) {
    const found = pattern.exec(location.hash)
    if (found) return (given) => view(given, found[1])
  }
  return showToday
}

// A form is left alone while somebody types; everything else is shown as it is now.
async function refresh() {
  await showFrame()
  if (!app.store || current?.isUsable === false) {
    if (!app.store || app.store.status.usable) return show()
  }
  const held = document.activeElement
  await current?.refresh?.()
  // What had the focus may have been made anew.
  if (!held.isConnected && document.activeElement === document.body) focusOn(linkTo(held.hash) ?? page.main.querySelector('h1') ?? page.main)
}

async function showFrame() {
  const { store } = app
  page.nav.hidden = page.state.hidden = !store?.status.usable
  if (!store) return
  const { unpushed, lastSync, progress } = store.status
  const words = lastSync === null ? `Fetching ${shareOf(progress)}` : unpushed ? `${counted(unpushed, 'change')} to send` : `Synced ${since(lastSync)}`
  const line = app.isOnline ? words : unpushed ? `Offline · ${unpushed} to send` : 'Offline'
  page.state.textContent = app.isFull ? 'This device is full' : line
  page.state.classList.toggle('is-offline', app.isFull || !app.isOnline)
  const lists = await Promise.all([store.inbox(), store.refusals()])
  for (const [place, badge] of [page.conflicts, page.refusals].entries()) {
    badge.textContent = lists[place].length
    badge.hidden = lists[place].length === 0
  }
  const place = location.hash.split('/')[1] || 'today'
  for (const link of page.nav.children) {
    if (link.hash.slice(2) === place) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
}

function tell(words) {
  const note = element('p', {}, words)
  page.told.replaceChildren(note)
  setTimeout(() => note.remove(), 8_000)
}

function tellRefusals(refusals) {
  const [{ message, fields }] = refusals
  const which = Object.keys(fields ?? {}).map((name) => wordsOf(name)).join(', ')
  const one = `${message ?? 'A change was not taken in.'}${which ? ` (${which})` : ''}`
  const words = refusals.length === 1 ? one : `${counted(refusals.length, 'change')} were not taken in.`
  // What the inbox has not is listed with how the copy stands.
  const places = [refusals.some(({ inbox_id }) => inbox_id) && 'Conflicts', refusals.some(({ inbox_id }) => !inbox_id) && 'State']
  tell(`${words} See ${places.filter(Boolean).join(' and ')}.`)
}

function watch() {
  const { store } = app
  store?.subscribe(null, (changes) => {
    if (app.store !== store) return
    if (changes === null) {
      end()
      app.studio.store = null
      // Nothing of it stays in sight, however long the rest takes.
      page.main.replaceChildren()
      app.message ??= ELSEWHERE
    }
    refresh()
  })
}

// A new version of the shell is kept beside the old one, and shown once no page shows that any more.
async function register() {
  if (!navigator.serviceWorker || (await app.studio.isWiped())) return
  const answer = await fetch('version.json').catch(() => null)
  if (!answer?.ok) return
  const { version } = await answer.json()
  await navigator.serviceWorker.register(`worker.js?v=${version}`, { type: 'module' }).catch(() => {})
}

app.opened = () => {
  app.message = null
  watch()
  begin()
  register()
  return show()
}
// A copy may go while something is done with it: that it went is told, and nothing is left to do.
addEventListener('unhandledrejection', (event) => event.reason?.code === 'copy_closed' && event.preventDefault())
history.scrollRestoration = 'manual'
page.skip.addEventListener('click', (event) => {
  event.preventDefault()
  focusOn(page.main)
})
addEventListener('hashchange', show)
addEventListener('pagehide', () => entry && sessionStorage.setItem(`scroll/${entry.key}`, scrollY))
addEventListener('online', begin)
// A platform may be mistaken, so the server is asked, too.
addEventListener('offline', () => {
  if (!app.store) return
  tellLine(false)
  begin()
})
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && begin())
// What is told of how long ago something was should stay true.
setInterval(() => document.visibilityState === 'visible' && showFrame(), REFRESH_MS)
await app.opened()
