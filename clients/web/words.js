// How records are called, and how days, times and moments are written.

const DAY = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' })
const SHORT_DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
const TIME = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit', timeZone: 'UTC' })
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** A client's name: of a person, or of the business. */
export function nameOf(client) {
  if (!client) return 'A client that is not on this device'
  const person = [client.first_name, client.last_name].filter(Boolean).join(' ')
  return person || client.company_name || 'Without a name'
}

/** Today as the person at this device has it, as in `2026-05-01`. */
export function today() {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
}

/** Whether a text is a day there is, as in `2026-05-01`. */
export function isDay(text) {
  const moment = Date.parse(text)
  return !Number.isNaN(moment) && new Date(moment).toISOString().slice(0, 10) === text
}

export function dayAfter(day, days) {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)
}

export const dayWords = (day) => DAY.format(new Date(day))

export const shortDay = (day) => (day ? SHORT_DAY.format(new Date(day)) : 'No date yet')

/** A span of times such as `10:00:00` to `11:30:00`. */
export function timesOf({ start_time, end_time }) {
  if (!start_time) return 'All day'
  return [start_time, end_time].filter(Boolean).map((time) => TIME.format(new Date(`1970-01-01T${time.slice(0, 8)}Z`))).join(' – ')
}

/** How long ago something was, for people. */
export function since(moment) {
  if (moment === null) return 'never'
  const minutes = Math.floor((Date.now() - moment) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  return MOMENT.format(new Date(moment))
}

/** A field's name in words: `last_name` is “Last name”. */
export function wordsOf(name) {
  const words = name.replace(/_ids?$/, '').replaceAll('_', ' ')
  return words[0].toUpperCase() + words.slice(1)
}

/** A field's value in words. */
export function valueWords(value) {
  if (value === null || value === undefined || value === '') return 'empty'
  if (value === true) return 'yes'
  if (value === false) return 'no'
  if (Array.isArray(value)) return value.length ? value.map(valueWords).join(', ') : 'none'
  if (typeof value === 'object') return Object.entries(value).filter(([key, part]) => key !== 'id' && part !== null && typeof part !== 'boolean').map(([, part]) => valueWords(part)).join(' ')
  return String(value)
}

/** How many records of a first sync are there, and how many there will be. */
export function sumsOf(progress) {
  const parts = Object.values(progress)
  const sum = (name) => parts.reduce((so_far, part) => so_far + part[name], 0)
  return { done: sum('done'), total: sum('total') }
}

/** The same as a share, such as `40 %`. */
export function shareOf(progress) {
  const { done, total } = sumsOf(progress)
  return total ? `${Math.floor((100 * done) / total)} %` : '…'
}

/** A number of things: `1 change`, `2 changes`. */
export function counted(number, thing) {
  return `${number.toLocaleString()} ${thing}${number === 1 ? '' : 's'}`
}

const PROBLEMS = {
  unreachable: 'The server cannot be reached. Try again when there is a connection.',
  unexpected_answer: 'Something answered that is not your studio: perhaps a network that wants you to sign in first.',
  invalid_credentials: 'Account, initials and password do not go together.',
  no_device_slot: 'There is no place for this device yet. Ask an administrator to authorize one for you, then sign in again.',
  client_too_old: 'This app is too old for the studio. Load it again while there is a connection.',
  QuotaExceededError: 'This device is full. Make room on it, and try again.',
  cursor_foreign: 'The copy on this device is somebody else’s. Nothing of it was sent.',
}

/** An error as a sentence; the server's refusals have their own. */
export function sentenceOf(error) {
  return PROBLEMS[error.code] ?? PROBLEMS[error.name] ?? error.message
}
