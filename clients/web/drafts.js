// What is typed into a form and not saved: kept as it is typed, and there again when the form is.
import { button, element } from './dom.js'

/**
 * Keep what is typed into `form`, which has the values of its record, under its `address`; lay over them what was
 * typed before. `revision` is the record's, `grow` makes room for values by names the form has not. Answers
 * `{note, forget, revision}`: what tells the user of it, what gives it up, and the record's when the first of it was typed.
 */
export async function keepTyped(app, form, { address, title, revision = null, grow = () => {} }) {
  const { store } = app
  const shown = valuesOf(form)
  const draft = await store.draft(address)
  const begun = draft ? draft.revision : revision

  function keep() {
    const typed = Object.entries(valuesOf(form)).filter(([name, value]) => value !== shown[name])
    const kept = typed.length ? { title, revision: begun, values: Object.fromEntries(typed) } : null
    store.keepDraft(address, kept).catch(() => app.tell('What you type cannot be kept on this device before you save it.'))
  }

  const forget = () => store.keepDraft(address, null)

  async function beginAgain() {
    await forget()
    app.go(address)
  }

  if (draft) {
    grow(draft.values)
    layOver(form, draft.values)
  }
  form.addEventListener('input', keep)
  return { note: draft && noteOf(begun !== revision, beginAgain), forget, revision: begun }
}

function noteOf(isChangedSince, beginAgain) {
  const words = `What you typed before is here again.${isChangedSince ? ' The record was changed since.' : ''}`
  return element('div', { class: 'between draft' }, element('p', {}, words), button('Discard it', beginAgain, { class: 'plain' }))
}

function valuesOf(form) {
  return Object.fromEntries(new FormData(form))
}

function layOver(form, values) {
  for (const control of form.elements) {
    if (!(control.name in values)) continue
    if (control.type === 'radio') control.checked = control.value === values[control.name]
    else control.value = values[control.name]
  }
}
