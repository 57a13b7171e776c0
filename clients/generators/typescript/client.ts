/** A client of the whole API: the types are generated, what is asked again and when is here. */
import createFetchClient, { type Client } from 'openapi-fetch'
import type { components, paths } from '../../generated/typescript/schema.js'

export type Schemas = components['schemas']

export interface Options {
  /** Where the server is, such as `https://studio.example`. */
  baseUrl: string
  /** An API key (`stk_…`), or an access token. */
  key: string
  /** How often a request is sent at most. */
  tries?: number
  /** The longest wait in seconds; who is told to wait longer gets the refusal instead. */
  patience?: number
  fetch?: (request: Request) => Promise<Response>
  pause?: (seconds: number) => Promise<void>
}

const usualPause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, (seconds + Math.random()) * 1000))

/** A fresh `Idempotency-Key`: the header of a write that may be sent again and is done once. */
export const once = (): { 'Idempotency-Key': string } => ({ 'Idempotency-Key': crypto.randomUUID() })

/**
 * Speak with a server by a key.
 *
 * A refusal that names a time to come back (`Retry-After`) has done nothing: the request is sent again
 * then. Where the answer is lost nobody knows what was done: what reads is asked again, and a write that
 * has an `Idempotency-Key`; any other rejects.
 */
export function createClient(options: Options): Client<paths> {
  const { baseUrl, key, tries = 5, patience = 60, fetch = globalThis.fetch, pause = usualPause } = options

  async function ask(request: Request): Promise<Response> {
    const isRepeatable = ['GET', 'HEAD'].includes(request.method) || request.headers.has('Idempotency-Key')
    for (let tried = 1; ; tried += 1) {
      let seconds = 2 ** (tried - 1)
      try {
        const answer = await whole(await fetch(request.clone()))
        const told = answer.headers.get('Retry-After')
        seconds = Number(told)
        if (told === null || tried >= tries || !(seconds <= patience)) return answer
      } catch (lost) {
        if (!isRepeatable || tried >= tries || request.signal.aborted) throw lost
      }
      await pause(seconds)
    }
  }

  return createFetchClient<paths>({ baseUrl, fetch: ask, headers: { Authorization: `Bearer ${key}` } })
}

/** Wait for all of an answer, which may break off behind its head; files and streams are left as they come. */
async function whole(answer: Response): Promise<Response> {
  if (!/^application\/(problem\+)?json\b/.test(answer.headers.get('Content-Type') ?? '')) return answer
  const { status, statusText, headers } = answer
  return new Response(await answer.arrayBuffer(), { status, statusText, headers })
}
