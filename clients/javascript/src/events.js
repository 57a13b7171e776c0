// Server-sent events out of a stream of bytes.
import { Unreachable } from './problems.js'

/** Each event as `{event, data}`, its data parsed; a line that only shows life as an empty object. */
export async function* eventsOf(body) {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  let lines = []
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw new Unreachable(error)
      })
      if (done) return
      const parts = (rest + decoder.decode(value, { stream: true })).split(/\r?\n/)
      rest = parts.pop()
      for (const line of parts) {
        if (line !== '') lines.push(line)
        else {
          yield eventOf(lines)
          lines = []
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function eventOf(lines) {
  const fields = Object.fromEntries(lines.map((line) => line.match(/^([a-z]+): ?(.*)$/)?.slice(1) ?? []))
  return fields.event ? { event: fields.event, data: JSON.parse(fields.data) } : {}
}
