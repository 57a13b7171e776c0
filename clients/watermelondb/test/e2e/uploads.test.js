// Pictures sent to the real server by tus-js-client, which we did not write either.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Upload } from 'tus-js-client'

const demo = JSON.parse(readFileSync(process.env.STUDIO_DEMO, 'utf8'))
const JPEG = Buffer.from('ffd8ffe000104a464946000101', 'hex')
const PIECE = 100_000

async function ask(path, { token, body } = {}) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const answer = await fetch(demo.base_url + path, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) })
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`)
  return answer.json()
}

/** Send a file, or the rest of one, up to its end or to the first piece that has arrived; return the upload. */
function send(content, { stopsEarly = false, ...options }) {
  return new Promise((resolve, reject) => {
    const upload = new Upload(content, {
      chunkSize: PIECE,
      retryDelays: null,
      onError: reject,
      onSuccess: () => resolve(upload),
      onChunkComplete: () => stopsEarly && upload.abort().then(() => resolve(upload), reject),
      ...options,
    })
    upload.start()
  })
}

test('a file that was left half way is gone on with, and is the picture that was sent', async () => {
  const { initials, password } = demo.users[0]
  const { access_token: token } = await ask('/v1/auth/login', { body: { account: demo.account, initials, password } })
  const client = await ask('/v1/clients', { token, body: { last_name: 'Featherstone' } })
  const session = await ask('/v1/sessions', { token, body: { client_id: client.id, description: 'Uploads' } })
  const pictures = `/v1/sessions/${session.id}/pictures`
  const content = Buffer.concat([JPEG, randomBytes(3 * PIECE)])
  const headers = { authorization: `Bearer ${token}` }
  const metadata = { filename: 'IMG_0412.jpg' }
  const begun = await send(content, { stopsEarly: true, endpoint: demo.base_url + pictures, headers, metadata })
  const half = await ask(`${pictures}/progress`, { token })
  assert.equal(half.receiving, 1)
  assert.ok(half.uploads[0].received >= PIECE && half.uploads[0].received < content.length)
  await send(content, { uploadUrl: begun.url, headers })
  const [picture] = (await ask(pictures, { token })).pictures
  assert.equal(picture.name, 'IMG_0412.jpg')
  assert.equal(picture.sha256, createHash('sha256').update(content).digest('hex'))
})
