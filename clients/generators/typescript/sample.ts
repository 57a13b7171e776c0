/** A program on the generated types: it reads all clients, makes one, changes it, and is refused once. */
import { createClient, once, type Schemas } from './client.js'

declare const process: { env: Record<string, string | undefined> }

const { STUDIO_URL: baseUrl, STUDIO_KEY: key } = process.env
if (!baseUrl || !key) throw new Error('STUDIO_URL and STUDIO_KEY say where the server is, and open it')
const studio = createClient({ baseUrl, key })

async function allClients(): Promise<Schemas['Client'][]> {
  const found: Schemas['Client'][] = []
  let page: string | null = null
  do {
    const query: { limit: number; page?: string } = { limit: 25, ...(page && { page }) }
    const { data, error } = await studio.GET('/v1/clients', { params: { query } })
    if (!data) throw new Error(error.code)
    found.push(...data.records)
    page = data.next_page
  } while (page !== null)
  return found
}

const clients = await allClients()

const made = await studio.POST('/v1/clients', {
  params: { header: once() },
  body: { client_type: 'consumer', first_name: 'Ada', last_name: 'Typed', email: 'ada@example.com' },
})
if (!made.data) throw new Error(made.error.code)

async function rename(last_name: string, match: string): Promise<string> {
  const { data, error } = await studio.PATCH('/v1/clients/{record_id}', {
    params: { path: { record_id: made.data!.id }, header: { 'If-Match': match, ...once() } },
    body: { last_name },
  })
  return data ? (data.last_name ?? '') : error.code
}

const match = made.response.headers.get('ETag') ?? ''
const changed = await rename('Compiled', match)
const stale = await rename('Lost', match)

console.log(JSON.stringify({ clients: clients.length, id: made.data.id, changed, stale }))
