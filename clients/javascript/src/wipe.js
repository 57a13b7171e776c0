// The one thing that may clear a phone: an order signed by the server it signed in to, for this device.

const LEEWAY_SECONDS = 60

/**
 * Say whether `order` is a wipe order for the device of `session`: a JWT of type `wipe+jwt`, signed
 * (ES256) with the key given at sign-in, for our device, and not older than that sign-in.
 */
export async function isTrueWipeOrder(order, session, crypto) {
  try {
    const [head, body, signature] = order.split('.')
    const header = parsePart(head)
    if (header.alg !== 'ES256' || header.typ !== 'wipe+jwt') return false
    if (!(await isSigned(`${head}.${body}`, signature, session.wipe_key, crypto))) return false
    return isForUs(parsePart(body), session)
  } catch {
    // Whatever cannot be read was not written by our server.
    return false
  }
}

async function isSigned(text, signature, jwk, crypto) {
  const { kty, crv, x, y } = jwk
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, algorithm, false, ['verify'])
  const data = new TextEncoder().encode(text)
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, fromBase64Url(signature), data)
}

// An order kept from an earlier deactivation must not clear a device that was let in again since.
function isForUs(claims, session) {
  const signedIn = Date.parse(session.server_time) / 1000
  const isOurs =
    claims.iss === 'studio' &&
    claims.aud === 'studio-device' &&
    claims.acc === session.account.id &&
    claims.sub === session.device?.id &&
    claims.uid === session.uid
  return isOurs && claims.iat >= signedIn - LEEWAY_SECONDS
}

function parsePart(part) {
  return JSON.parse(new TextDecoder().decode(fromBase64Url(part)))
}

function fromBase64Url(text) {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
}
