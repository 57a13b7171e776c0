// How the copy on this device stands, and signing out.
import { button, element, nothing } from '../dom.js'
import { counted, since, wordsOf } from '../words.js'
import { titleOf } from './conflicts.js'

const DONE = { create: 'New', patch: 'Changed', delete: 'Deleted', command: 'To do' }

export async function showState(app) {
  const told = element('dl', { class: 'sheet' })
  const list = element('ul', { class: 'rows' })
  const typed = element('section', { class: 'typed', hidden: true })
  const { account, user } = app.studio.session

  async function refresh() {
    const { lastSync, unpushed } = app.store.status
    const facts = [
      ['Signed in', `${user.initials ?? user.name ?? ''} · ${account.name ?? account.account ?? ''}`],
      ['Connection', app.isOnline ? 'There is one' : 'None: all that is done here is kept, and sent later'],
      ['Last sync', since(lastSync)],
      ['Not sent yet', unpushed ? counted(unpushed, 'change') : 'Nothing'],
    ]
    told.replaceChildren(...facts.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, value)]))
    const rows = await Promise.all((await app.store.unpushed()).map((each) => rowOf(app.store, each)))
    list.replaceChildren(...(rows.length ? rows : [element('li', {}, nothing('Everything has arrived.'))]))
    const drafts = await app.store.drafts()
    typed.hidden = !drafts.length
    typed.replaceChildren(element('h2', {}, 'Typed and not saved'), element('ul', { class: 'rows' }, drafts.map(draftOf)))
  }

  async function signOut() {
    const { unpushed } = app.store.status
    const drafts = (await app.store.drafts()).length
    const kept = [unpushed && counted(unpushed, 'unsent change'), drafts && counted(drafts, 'unfinished form')].filter(Boolean)
    const question = `${kept.join(' and ')} ${unpushed + drafts === 1 ? 'stays' : 'stay'} on this device until you sign in again. Sign out?`
    if (!kept.length || confirm(question)) await app.signOut()
  }

  await refresh()
  return {
    title: 'State',
    content: [element('div', { class: 'heading' }, element('h1', {}, 'State')), told, element('h2', {}, 'Waits to be sent'), list, typed, button('Sign out', signOut, { class: 'plain' })],
    refresh,
  }
}

function draftOf({ name, draft }) {
  return element('li', {}, element('a', { href: name }, draft.title))
}

async function rowOf(store, { op, command, collection, id, fields }) {
  const about = await titleOf(store, { collection, record_id: id, typed: fields })
  const done = command ? wordsOf(command) : DONE[op]
  return element('li', {}, element('p', {}, element('strong', {}, about), element('span', { class: 'quiet' }, `${done}: ${wordsOf(collection)}`)))
}
