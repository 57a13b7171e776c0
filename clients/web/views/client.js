// One client: how to reach them, and what is booked.
import { button, element, nothing } from '../dom.js'
import { nameOf, shortDay, timesOf } from '../words.js'

/** In place of what is about a client who is not on this device: deleted, no longer shown to this user, or never there. */
export async function showNobody(app, address) {
  const { store } = app
  const draft = await store.draft(address)
  const back = element('p', {}, element('a', { href: '#/clients' }, '‹ Clients'))

  async function discard() {
    await store.keepDraft(address, null)
    app.go('#/clients')
  }

  const values = Object.values(draft?.values ?? {}).filter(Boolean).join(', ')
  const typed = draft && [element('p', {}, `What you typed: ${values}`), button('Discard it', discard, { class: 'plain' })]
  return { title: 'Client', content: [back, nothing('This client is not on this device.'), ...(typed ?? [])] }
}

export async function showClient(app, id) {
  const { store } = app
  const content = element('article', {})

  async function refresh() {
    const [client, sessions, unpushed] = await Promise.all([
      store.get('clients', id),
      store.all('sessions'),
      store.unpushed(),
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
