// Elements out of words: all the templating there is.
import { sentenceOf } from './words.js'

/** An element; attributes by name, `on…` as listeners, true and false as there or not. Text is never HTML. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value)
    else if (key === 'value') made.value = value ?? ''
    else if (value === true) made.setAttribute(key, '')
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value)
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false))
  return made
}

/** A labelled field of a form: `control` is an input, a select or a text area. */
export function field(label, control, more = null) {
  return element('label', { class: 'field' }, element('span', {}, label), control, more)
}

export function input(name, value, attributes = {}) {
  return element('input', { name, value, autocomplete: 'off', ...attributes })
}

/** A choice among records of a list, by their description; those no longer offered stand only where they are chosen. */
export function choice(name, value, entries, attributes = {}) {
  const offered = entries.filter(({ id, is_inactive }) => !is_inactive || id === value)
  const options = offered.map(({ id, description }) => element('option', { value: id, selected: id === value }, description))
  return element('select', { name, ...attributes }, element('option', { value: '' }, '–'), options)
}

/** What was typed into a form, by name; what is empty is null. */
export function typedInto(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim() || null]))
}

/** Where a form tells what went wrong. */
export function troubleOf(message = null) {
  return element('p', { class: 'trouble', role: 'alert', hidden: !message }, message ?? '')
}

/** What sends a form, which `work` is given: what goes wrong is told in `trouble`, and all that was typed stays. */
export function sending(trouble, work) {
  return async (event) => {
    event.preventDefault()
    trouble.hidden = true
    try {
      await work(event.target)
    } catch (error) {
      trouble.textContent = sentenceOf(error)
      trouble.hidden = false
    }
  }
}

/** A button that does something else than send a form. */
export function button(words, onclick, attributes = {}) {
  return element('button', { type: 'button', onclick, ...attributes }, words)
}

/** Where there is nothing to show. */
export function nothing(words) {
  return element('p', { class: 'nothing' }, words)
}
