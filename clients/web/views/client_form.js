// A client being typed in: new, or some fields of one that is there. Only what was changed is sent.
import { button, element, field, input, sending, troubleOf, typedInto } from '../dom.js'
import { keepTyped } from '../drafts.js'
import { nameOf } from '../words.js'
import { showNobody } from './client.js'

const TEXTS = ['first_name', 'last_name', 'company_name', 'email', 'notes']

export async function showClientForm(app, id) {
  const { store } = app
  const client = id ? await store.get('clients', id) : null
  const address = id ? `#/clients/${id}/edit` : '#/clients/new'
  if (id && !client) return showNobody(app, address)
  const labels = (await store.all('phone_labels')).map(({ description }) => description)
  const phones = element('div', {}, (client?.phones ?? []).map((phone) => phoneField(phone, labels)))
  const title = client ? nameOf(client) : 'New client'
  const trouble = troubleOf()

  async function save(sent) {
    const typed = typedInto(sent)
    const fields = Object.fromEntries(TEXTS.map((name) => [name, typed[name]]))
    fields.phones = phonesIn(phones, client?.phones ?? [])
    if (!fields.first_name && !fields.last_name && !fields.company_name) throw new Error('A client needs a name.')
    const record = id ?? crypto.randomUUID()
    const changed = client ? changesIn(fields, client) : fields
    if (Object.keys(changed).length) {
      await app.save([{ op: client ? 'patch' : 'create', collection: 'clients', id: record, fields: changed, revision: draft.revision }], { draft: address })
    } else await draft.forget()
    app.go(`#/clients/${record}`)
  }

  const form = element(
    'form',
    { class: 'sheet', onsubmit: sending(trouble, save) },
    trouble,
    field('First name', input('first_name', client?.first_name)),
    field('Last name', input('last_name', client?.last_name)),
    field('Company', input('company_name', client?.company_name)),
    phones,
    button('Add a telephone number', () => phones.append(phoneField({ id: crypto.randomUUID(), label: labels[0] ?? 'Mobile', number: '' }, labels)), { class: 'plain' }),
    field('E-mail', input('email', client?.email, { type: 'email' })),
    field('Notes', element('textarea', { name: 'notes', rows: 4, value: client?.notes })),
    element('p', { class: 'between' }, element('a', { href: id ? `#/clients/${id}` : '#/clients', onclick: () => draft.forget() }, 'Cancel'), element('button', {}, 'Save')),
  )
  const grow = (values) => phones.append(...phonesOf(values, client?.phones ?? []).map((phone) => phoneField(phone, labels)))
  const draft = await keepTyped(app, form, { address, title, revision: client?.revision ?? null, grow })
  return { title: 'Client', content: [element('h1', {}, title), draft.note, form].filter(Boolean) }
}

function phoneField({ id, label, number }, labels) {
  const offered = [...new Set([label, ...labels])]
  const chosen = element('select', { name: `phones.${id}.label`, 'aria-label': 'Kind of number' }, offered.map((each) => element('option', { selected: each === label }, each)))
  return element('div', { class: 'phone', 'data-id': id }, chosen, input(`phones.${id}.number`, number, { type: 'tel', 'aria-label': 'Telephone number' }))
}

// The numbers a draft has besides those that are known.
function phonesOf(values, known) {
  const ids = new Set(Object.keys(values).flatMap((name) => /^phones\.(.+)\.(?:label|number)$/.exec(name)?.[1] ?? []))
  return [...ids]
    .filter((id) => !known.some((phone) => phone.id === id))
    .map((id) => ({ id, label: values[`phones.${id}.label`] ?? 'Mobile', number: values[`phones.${id}.number`] ?? '' }))
}

function phonesIn(rows, known) {
  return [...rows.children].flatMap((row) => {
    const [label, number] = [row.querySelector('select').value, row.querySelector('input').value.trim()]
    const { id } = row.dataset
    const phone = known.find((each) => each.id === id) ?? { id, is_sms_enabled: false }
    return number ? [{ ...phone, label, number }] : []
  })
}

function changesIn(fields, record) {
  const isSame = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null)
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => !isSame(value, record[name])))
}
