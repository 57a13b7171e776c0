// All clients, found as one types.
import { element, input, nothing } from '../dom.js'
import { nameOf } from '../words.js'

// More are found by another letter, not by scrolling.
const MOST = 100
let typed = ''

export async function showClients(app) {
  const list = element('ul', { class: 'rows' })
  const count = element('p', { class: 'quiet', role: 'status' })
  const search = input('search', typed, { type: 'search', 'aria-label': 'Search clients', placeholder: 'Name, number, e-mail', oninput: refresh })
  let asked = 0

  async function refresh() {
    const turn = (asked += 1)
    typed = search.value
    const [found, unpushed] = await Promise.all([app.store.search('clients', typed), app.store.unpushed()])
    // Somebody has typed on.
    if (turn !== asked) return
    const waiting = new Set(unpushed.map(({ id }) => id))
    const sorted = found.map((client) => ({ client, name: nameOf(client) })).sort((one, other) => one.name.localeCompare(other.name))
    count.textContent = found.length > MOST ? `${found.length.toLocaleString()} clients, the first ${MOST}` : `${found.length} found`
    const rows = sorted.slice(0, MOST).map((each) => rowOf(each, waiting))
    list.replaceChildren(...(rows.length ? rows : [element('li', {}, nothing('Nobody is called like that.'))]))
  }

  await refresh()
  const heading = element(
    'div',
    { class: 'heading' },
    element('h1', {}, 'Clients'),
    element('a', { class: 'button', href: '#/clients/new' }, 'New client'),
  )
  return { title: 'Clients', content: [heading, search, count, list], refresh }
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
