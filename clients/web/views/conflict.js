// One conflict: mine and theirs side by side, field by field.
import { button, element, input, nothing, sending, troubleOf } from '../dom.js'
import { keepTyped } from '../drafts.js'
import { valueWords, wordsOf } from '../words.js'
import { titleOf } from './conflicts.js'

export async function showConflict(app, id) {
  const { store } = app
  const address = `#/conflicts/${id}`
  const entry = (await store.inbox()).find((each) => each.id === id)
  if (!entry) {
    await store.keepDraft(address, null)
    return { title: 'Conflict', content: [nothing('This is decided.'), element('p', {}, element('a', { href: '#/conflicts' }, '‹ Conflicts'))] }
  }
  const record = await store.get(entry.collection, entry.record_id)
  const names = Object.keys(entry.typed)
  // The revision as it is shown: had others changed it since, nothing would be done over that.
  const record_revision = record?.revision ?? 0
  const trouble = troubleOf()

  async function decide(...decision) {
    await app.resolve(id, ...decision)
    await draft.forget()
    app.tell('Decided. It is sent with the next sync.')
    app.go('#/conflicts')
  }

  async function takeChosen(sent) {
    const chosen = new FormData(sent)
    const mine = names.filter((name) => chosen.get(name) !== 'theirs')
    if (!mine.length) return decide('keep_theirs')
    const right = mine.filter((name) => chosen.has(`${name}.text`) && chosen.get(`${name}.text`) !== entry.typed[name])
    const fields = Object.fromEntries(right.map((name) => [name, chosen.get(`${name}.text`).trim() || null]))
    return decide('take_mine', fields, { keep: names.filter((name) => !mine.includes(name)), record_revision })
  }

  const form = element(
    'form',
    { onsubmit: sending(trouble, takeChosen) },
    trouble,
    names.map((name) => fieldOf(name, entry, record)),
    element(
      'p',
      { class: 'between' },
      button('Dismiss', sending(trouble, () => decide('dismiss')), { class: 'plain' }),
      element('button', {}, 'Do as chosen'),
    ),
  )
  const title = await titleOf(store, entry)
  const draft = await keepTyped(app, form, { address, title, revision: record_revision })
  const heading = [
    element('p', {}, element('a', { href: '#/conflicts' }, '‹ Conflicts')),
    element('h1', {}, title),
    element('p', { class: 'quiet' }, entry.message),
  ]
  return { title: 'Conflict', content: [...heading, draft.note, form].filter(Boolean) }
}

function fieldOf(name, { typed, reasons, verdict }, record) {
  const isText = typeof typed[name] === 'string'
  const mine = isText ? input(`${name}.text`, typed[name], { 'aria-label': `Mine: ${wordsOf(name)}` }) : element('span', {}, valueWords(typed[name]))
  return element(
    'fieldset',
    { class: 'sheet' },
    element('legend', {}, wordsOf(name)),
    verdict === 'rejected' && reasons[name] && element('p', { class: 'trouble' }, reasons[name]),
    optionOf(name, 'mine', 'Mine', mine, true),
    record && optionOf(name, 'theirs', 'Theirs', element('span', {}, valueWords(record[name])), false),
  )
}

function optionOf(name, value, words, shown, checked) {
  return element('div', { class: 'option' }, element('label', {}, element('input', { type: 'radio', name, value, checked }), words), shown)
}
