// What was typed and not taken in, until somebody decides.
import { element, nothing } from '../dom.js'
import { nameOf, wordsOf } from '../words.js'

export async function showConflicts(app) {
  const { store } = app
  const list = element('ul', { class: 'rows' })

  async function refresh() {
    const entries = await store.inbox()
    const rows = await Promise.all(entries.map(async (entry) => rowOf(entry, await titleOf(store, entry))))
    list.replaceChildren(...(rows.length ? rows : [element('li', {}, nothing('Nothing to decide. All that was typed was taken in.'))]))
  }

  await refresh()
  const heading = element('div', { class: 'heading' }, element('h1', {}, 'Conflicts'))
  return { title: 'Conflicts', content: [heading, list], refresh }
}

/** What an entry is about. */
export async function titleOf(store, { collection, record_id, typed }) {
  const record = { ...typed, ...(await store.get(collection, record_id)) }
  return collection === 'clients' ? nameOf(record) : (record.description ?? wordsOf(collection))
}

function rowOf(entry, title) {
  const fields = Object.keys(entry.typed).map(wordsOf).join(', ')
  return element(
    'li',
    {},
    element('a', { href: `#/conflicts/${entry.id}` }, element('strong', {}, title), element('span', { class: 'quiet' }, fields || entry.message)),
  )
}
