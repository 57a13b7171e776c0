// Finding records by the beginnings of words, as they are typed.

// Longer texts, such as notes, are read and not looked for.
const LONGEST = 500
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What may be found of a collection: the texts in its fields and in the members of its lists. */
export function searchable(collection) {
  const isShort = ({ max_length }) => max_length === undefined || max_length === null || max_length <= LONGEST
  const fields = collection.fields.filter((field) => ['text', 'integer', 'objects', 'object'].includes(field.type) && isShort(field))
  return fields.map(({ name }) => name)
}

/** The words of a record, in one text that begins with a space. */
export function textOf(record, fields) {
  return ` ${fields.flatMap((name) => wordsIn(record[name])).join(' ')}`
}

/** Whether each of the words typed begins one of the text. */
export function isFound(text, words) {
  return words.every((word) => text.includes(` ${word}`))
}

/** Words to look for, out of what was typed. */
export function wordsOf(typed) {
  return folded(typed).split(/\s+/).filter(Boolean)
}

function wordsIn(value) {
  if (value === null || value === undefined || typeof value === 'boolean' || ID.test(value)) return []
  if (typeof value === 'object') return Object.values(value).flatMap(wordsIn)
  const text = folded(String(value))
  // Numbers of telephones are typed with and without what is between their digits.
  const digits = text.replace(/\D/g, '')
  return digits.length > 3 && digits.length < text.length ? [text, digits] : [text]
}

// Alike whatever their case and accents; what stands between words is a space.
function folded(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}@.+]+/gu, ' ').trim()
}
