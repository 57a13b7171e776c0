// A day's sessions and appointments.
import { element, nothing } from '../dom.js'
import { dayAfter, dayWords, isDay, nameOf, timesOf, today } from '../words.js'

export async function showToday(app, chosen) {
  // An address may be typed by anybody.
  const day = isDay(chosen) ? chosen : today()
  const { store } = app
  const list = element('ul', { class: 'cards' })

  async function refresh() {
    const [sessions, appointments] = await Promise.all([store.all('sessions'), store.all('appointments')])
    const bookings = [...sessions.map((each) => ({ ...each, kind: 'Session' })), ...appointments.map((each) => ({ ...each, kind: 'Appointment' }))]
      .filter((each) => each.date === day && !each.is_cancelled)
      .sort((one, other) => ((one.start_time ?? '') < (other.start_time ?? '') ? -1 : 1))
    const clients = await Promise.all(bookings.map(({ client_id }) => client_id && store.get('clients', client_id)))
    const cards = bookings.map((booking, place) => cardOf(booking, clients[place]))
    list.replaceChildren(...(cards.length ? cards : [element('li', {}, nothing('Nothing is booked.'))]))
  }

  await refresh()
  const heading = element(
    'div',
    { class: 'heading' },
    element('h1', {}, day === today() ? 'Today' : dayWords(day)),
    element('p', { class: 'quiet' }, day === today() ? dayWords(day) : ''),
  )
  const days = element(
    'p',
    { class: 'between' },
    element('a', { href: `#/today/${dayAfter(day, -1)}` }, '‹ Day before'),
    day !== today() && element('a', { href: '#/today' }, 'Today'),
    element('a', { href: `#/today/${dayAfter(day, 1)}` }, 'Day after ›'),
  )
  return { title: 'Today', content: [heading, days, list], refresh }
}

function cardOf(booking, client) {
  const who = booking.client_id
    ? element('a', { href: `#/clients/${booking.client_id}` }, nameOf(client))
    : element('span', { class: 'quiet' }, 'The studio’s own')
  return element(
    'li',
    { class: booking.kind === 'Session' ? 'card is-session' : 'card' },
    element('p', { class: 'when' }, timesOf(booking), ' · ', booking.kind),
    element('p', { class: 'what' }, booking.description),
    element('p', {}, who, booking.revision === null && element('span', { class: 'tag' }, 'waits to be sent')),
  )
}
