// The first sync: how far it is, until there is enough to open on.
import { element } from '../dom.js'
import { counted, sumsOf } from '../words.js'

export async function showFirstSync(app) {
  const { store } = app
  const bar = element('progress', { 'aria-label': 'First sync' })
  const words = element('p', { class: 'quiet' })

  function refresh() {
    const { done, total } = sumsOf(store.status.progress)
    if (total) {
      bar.max = total
      bar.value = done
    }
    words.textContent = total ? `${done.toLocaleString()} of ${counted(total, 'record')}` : 'Asking what there is …'
    if (!app.isOnline) words.textContent += '. No connection: it goes on where it was.'
  }

  refresh()
  const content = element('section', { class: 'sheet centred' }, element('h1', {}, 'Fetching your studio'), bar, words)
  return { title: 'First sync', content: [content], refresh, isUsable: false }
}
