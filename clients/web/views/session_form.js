// A new session of a client.
import { choice, element, field, input, sending, troubleOf, typedInto } from '../dom.js'
import { keepTyped } from '../drafts.js'
import { nameOf, today } from '../words.js'
import { showNobody } from './client.js'

export async function showSessionForm(app, clientId) {
  const { store } = app
  const [client, types] = await Promise.all([store.get('clients', clientId), store.all('session_types')])
  const address = `#/clients/${clientId}/session`
  if (!client) return showNobody(app, address)
  const title = 'New session'
  const trouble = troubleOf()

  async function save(sent) {
    const { description, session_type_id, date, start_time, end_time } = typedInto(sent)
    const seconds = (time) => time && `${time}:00`
    const fields = { client_id: clientId, description, session_type_id, date, start_time: seconds(start_time), end_time: seconds(end_time) }
    await app.save([{ op: 'create', collection: 'sessions', id: crypto.randomUUID(), fields }], { draft: address })
    app.go(`#/clients/${clientId}`)
  }

  const form = element(
    'form',
    { class: 'sheet', onsubmit: sending(trouble, save) },
    trouble,
    field('Description', input('description', '', { required: true })),
    field('Kind', choice('session_type_id', null, types)),
    field('Date', input('date', today(), { type: 'date', required: true })),
    element('div', { class: 'two' }, field('From', input('start_time', '', { type: 'time' })), field('To', input('end_time', '', { type: 'time' }))),
    element('p', { class: 'between' }, element('a', { href: `#/clients/${clientId}`, onclick: () => draft.forget() }, 'Cancel'), element('button', {}, 'Save')),
  )
  const draft = await keepTyped(app, form, { address, title: `${title}: ${nameOf(client)}` })
  return { title, content: [element('h1', {}, title), element('p', { class: 'quiet' }, nameOf(client)), draft.note, form].filter(Boolean) }
}
