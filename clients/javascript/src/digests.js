// What is held of the server's records in two numbers, to be compared with what it should hold.
const NOTHING = { count: 0, mark: '0'.repeat(16) }

/** Whether held ids and revisions are other than a digest of the server's tells; none is told of an empty collection. */
export function isDrifted(held, told) {
  return !isSame(digestOf(held), told)
}

/** The buckets, two last digits of an id each, that differ from those the server tells. */
export function driftedBuckets(held, told) {
  const buckets = bucketsOf(held)
  const named = [...new Set([...buckets.keys(), ...Object.keys(told)])].sort()
  return named.filter((bucket) => !isSame(digestOf(buckets.get(bucket) ?? new Map()), told[bucket]))
}

/** Ids and revisions by bucket. */
export function bucketsOf(held) {
  const buckets = new Map()
  for (const [id, revision] of held) {
    const bucket = id.slice(-2)
    if (!buckets.has(bucket)) buckets.set(bucket, new Map())
    buckets.get(bucket).set(id, revision)
  }
  return buckets
}

/** How many records, and the exclusive or of the first eight bytes of the MD5 of `id:revision` of each. */
export function digestOf(held) {
  let first = 0
  let second = 0
  for (const [id, revision] of held) {
    const [one, other] = markOf(`${id}:${revision}`)
    first ^= one
    second ^= other
  }
  return { count: held.size, mark: hexOf(first) + hexOf(second) }
}

function isSame(one, other = NOTHING) {
  return one.count === other.count && one.mark === other.mark
}

const SHIFTS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]]
const SINES = Int32Array.from({ length: 64 }, (_, place) => Math.floor(2 ** 32 * Math.abs(Math.sin(place + 1))))
const ROUNDS = [
  ([b, c, d], place) => [(b & c) | (~b & d), place],
  ([b, c, d], place) => [(d & b) | (~d & c), (5 * place + 1) % 16],
  ([b, c, d], place) => [b ^ c ^ d, (3 * place + 5) % 16],
  ([b, c, d], place) => [c ^ (b | ~d), (7 * place) % 16],
]

// MD5 (RFC 1321) of a short ASCII text, which WebCrypto does not have: an id and a revision are one block.
function markOf(text) {
  const block = new Int32Array(16)
  for (let place = 0; place < text.length; place += 1) block[place >> 2] |= text.charCodeAt(place) << (8 * (place % 4))
  block[text.length >> 2] |= 0x80 << (8 * (text.length % 4))
  block[14] = text.length * 8
  let [a, b, c, d] = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476]
  for (let place = 0; place < 64; place += 1) {
    const round = place >> 4
    const [mixed, word] = ROUNDS[round]([b, c, d], place)
    const sum = (a + mixed + SINES[place] + block[word]) | 0
    const shift = SHIFTS[round][place % 4]
    ;[a, b, c, d] = [d, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0, b, c]
  }
  return [(a + 0x67452301) | 0, (b + 0xefcdab89) | 0]
}

// A word in the order of its bytes, the lowest first.
function hexOf(word) {
  return [0, 8, 16, 24].map((shift) => ((word >>> shift) & 255).toString(16).padStart(2, '0')).join('')
}
