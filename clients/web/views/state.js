// How the copy on this device stands, and signing out.
import { button, element, nothing } from '../dom.js'
import { counted, since, valueWords, wordsOf } from '../words.js'
import { titleOf } from './conflicts.js'

const DONE = { create: 'New', patch: 'Changed', delete: 'Deleted', command: 'To do' }

export async function showState(app) {
  const { store } = app
  const told = element('dl', { class: 'sheet' })
  const list = element('ul', { class: 'rows' })
  const typed = element('section', { class: 'typed', hidden: true })
  const refused = element('section', { class: 'typed', hidden: true })
  const { account, user } = app.studio.session

  async function refresh() {
    const { lastSync, unpushed } = store.status
    const [waiting, refusals, drafts] = await Promise.all([store.unpushed(), store.refusals(), store.drafts()])
    const facts = [
      ['Signed in', `${user.initials ?? user.name ?? ''} · ${account.name ?? account.account ?? ''}`],
      ['Connection', app.isOnline ? 'There is one' : 'None: all that is done here is kept, and sent later'],
      ['Last sync', since(lastSync)],
      ['Not sent yet', unpushed ? counted(unpushed, 'change') : 'Nothing'],
    ]
    told.replaceChildren(...facts.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, value)]))
    const rows = await Promise.all(waiting.map((each) => rowOf(store, each)))
    list.replaceChildren(...(rows.length ? rows : [element('li', {}, nothing('Everything has arrived.'))]))
    refused.hidden = !refusals.length
    const shown = await Promise.all(refusals.map((each) => refusalOf(store, each)))
    refused.replaceChildren(element('h2', {}, 'Not taken in'), element('ul', { class: 'rows' }, shown))
    typed.hidden = !drafts.length
    typed.replaceChildren(element('h2', {}, 'Typed and not saved'), element('ul', { class: 'rows' }, drafts.map(draftOf)))
  }

  async function signOut() {
    const { unpushed } = store.status
    const drafts = (await store.drafts()).length
    const refusals = (await store.refusals()).length
    const parts = [[unpushed, 'unsent change'], [drafts, 'unfinished form'], [refusals, 'refused change']]
    const kept = parts.flatMap(([number, thing]) => (number ? counted(number, thing) : []))
    const question = `${kept.join(' and ')} ${unpushed + drafts + refusals === 1 ? 'stays' : 'stay'} on this device until you sign in again. Sign out?`
    if (!kept.length || confirm(question)) await app.signOut()
  }

  await refresh()
  return {
    title: 'State',
    content: [element('div', { class: 'heading' }, element('h1', {}, 'State')), told, refused, element('h2', {}, 'Waits to be sent'), list, typed, button('Sign out', signOut, { class: 'plain' })],
    refresh,
  }
}

function draftOf({ name, draft }) {
  return element('li', {}, element('a', { href: name }, draft.title))
}

async function rowOf(store, { op, command, collection, id, fields }, message = null) {
  const about = await titleOf(store, { collection, record_id: id, typed: fields })
  const done = `${command ? wordsOf(command) : DONE[op]}: ${wordsOf(collection)}`
  const words = [element('strong', {}, about), element('span', { class: 'quiet' }, done), message && element('span', { class: 'quiet' }, message)]
  return element('li', {}, element('p', {}, words))
}

async function refusalOf(store, refusal) {
  const { key, typed, message } = refusal
  const row = await rowOf(store, { ...refusal, fields: typed }, message)
  const values = Object.entries(typed).filter(([, value]) => value !== null)
  row.append(
    element('dl', {}, values.map(([name, value]) => [element('dt', {}, wordsOf(name)), element('dd', {}, valueWords(value))])),
    button('Dismiss', () => store.dismiss(key), { class: 'plain' }),
  )
  return row
}
