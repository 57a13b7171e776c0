// One client: how to reach them, and what is booked.
import { element, nothing } from '../dom.js'
import { nameOf, shortDay, timesOf } from '../words.js'

export async function showClient(app, id) {
  const content = element('article', {})

  async function refresh() {
    const [client, sessions, unpushed] = await Promise.all([
      app.store.get('clients', id),
      app.store.all('sessions'),
      app.store.unpushed(),
    ])
    const waiting = new Set(unpushed.map((each) => each.id))
    const own = sessions.filter((each) => each.client_id === id).sort((one, other) => ((one.date ?? '9') < (other.date ?? '9') ? 1 : -1))
    content.replaceChildren(...(client ? partsOf(client, own, waiting) : [nothing('This client is not on this device.')]))
  }

  await refresh()
  return { title: 'Client', content: [element('p', {}, element('a', { href: '#/clients' }, '‹ Clients')), content], refresh }
}

function partsOf(client, sessions, waiting) {
  const { id, company_name, email, phones, address, notes } = client
  const name = nameOf(client)
  const street = address && [address.line_1, address.line_2, address.city, address.postal_code].filter(Boolean).join(', ')
  const told = [
    ...(phones ?? []).map(({ label, number }) => [label, element('a', { href: `tel:${number.replace(/[^\d+]/g, '')}` }, number)]),
    ['E-mail', email && element('a', { href: `mailto:${email}` }, email)],
    ['Company', company_name !== name && company_name],
    ['Address', street],
    ['Notes', notes],
  ]
  return [
    element(
      'div',
      { class: 'heading' },
      element('h1', {}, name),
      element('a', { class: 'button', href: `#/clients/${id}/edit` }, 'Edit'),
    ),
    waiting.has(id) && element('p', { class: 'tag' }, 'waits to be sent'),
    element('dl', { class: 'sheet' }, told.filter(([, value]) => value).map(([term, value]) => [element('dt', {}, term), element('dd', {}, value)])),
    element(
      'div',
      { class: 'heading' },
      element('h2', {}, 'Sessions'),
      element('a', { class: 'button', href: `#/clients/${id}/session` }, 'New session'),
    ),
    element('ul', { class: 'cards' }, sessions.length ? sessions.map((session) => cardOf(session, waiting)) : element('li', {}, nothing('None yet.'))),
  ].filter(Boolean)
}

function cardOf(session, waiting) {
  return element(
    'li',
    { class: 'card is-session' },
    element('p', { class: 'when' }, shortDay(session.date), session.start_time ? ` · ${timesOf(session)}` : ''),
    element('p', { class: 'what' }, session.description),
    waiting.has(session.id) && element('p', {}, element('span', { class: 'tag' }, 'waits to be sent')),
  )
}
