// All clients, found as one types.
import { button, element, input, nothing } from '../dom.js'
import { nameOf } from '../words.js'

// As many at a time as a browser shows at once; they are there again when one comes back.
const STEP = 100
let typed = ''
let most = STEP

export async function showClients(app) {
  const { store } = app
  const list = element('ul', { class: 'rows' })
  const count = element('p', { class: 'quiet', role: 'status' })
  const search = input('search', typed, { type: 'search', 'aria-label': 'Search clients', placeholder: 'Name, number, e-mail', oninput: searchAnew })
  const more = button('Show more', showMore, { class: 'plain' })
  let asked = 0

  function searchAnew() {
    most = STEP
    return refresh()
  }

  async function showMore() {
    const first = list.children.length
    most += STEP
    await refresh()
    list.children[first]?.querySelector('a').focus()
  }

  async function refresh() {
    const turn = (asked += 1)
    typed = search.value
    const [found, unpushed] = await Promise.all([store.search('clients', typed), store.unpushed()])
    // Somebody has typed on.
    if (turn !== asked) return
    const waiting = new Set(unpushed.map(({ id }) => id))
    const sorted = found.map((client) => ({ client, name: nameOf(client) })).sort((one, other) => one.name.localeCompare(other.name))
    count.textContent = found.length > most ? `${found.length.toLocaleString()} clients, the first ${most.toLocaleString()}` : `${found.length} found`
    more.hidden = found.length <= most
    const rows = sorted.slice(0, most).map((each) => rowOf(each, waiting))
    list.replaceChildren(...(rows.length ? rows : [element('li', {}, nothing('Nobody is called like that.'))]))
  }

  await refresh()
  const heading = element(
    'div',
    { class: 'heading' },
    element('h1', {}, 'Clients'),
    element('a', { class: 'button', href: '#/clients/new' }, 'New client'),
  )
  return { title: 'Clients', content: [heading, search, count, list, more], refresh }
}

function rowOf({ client, name }, waiting) {
  const more = client.phones?.[0]?.number ?? client.email ?? ''
  return element(
    'li',
    {},
    element(
      'a',
      { href: `#/clients/${client.id}` },
      element('strong', {}, name),
      waiting.has(client.id) && element('span', { class: 'tag' }, 'waits to be sent'),
      element('span', { class: 'quiet' }, more),
    ),
  )
}
