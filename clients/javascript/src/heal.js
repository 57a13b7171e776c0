// Repairing a copy that has drifted: bucket by bucket it is compared, and only what differs is fetched.
import { bucketsOf, driftedBuckets, isDrifted } from './digests.js'

// Ids and revisions told in one question; the server takes bodies several times as large.
const MOST_HELD = 20_000

/**
 * Put right every one of `collections` of which something else is held than `digests` tell. `heldOf` answers the
 * ids and revisions of a collection as they came from the server, `store` stores changes in one transaction.
 * Answers the names of those that had drifted.
 */
export async function repair({ client, collections, heldOf, cursor, digests, store }) {
  const drifted = []
  for (const collection of collections) if (isDrifted(await heldOf(collection), digests[collection])) drifted.push(collection)
  for (const collection of drifted) {
    const { buckets } = await client.verify({ cursor, collection })
    const held = await heldOf(collection)
    for (const portion of portionsOf(held, driftedBuckets(held, buckets))) {
      await repairPortion({ client, cursor, collection, store }, portion)
    }
  }
  return drifted
}

// What was answered counts as held from then on, even where an unpushed edit kept it from being stored: the
// next question must be about the rest.
async function repairPortion({ client, cursor, collection, store }, portion) {
  let hasMore = true
  while (hasMore) {
    const held = Object.fromEntries([...portion].map(([bucket, ids]) => [bucket, Object.fromEntries(ids)]))
    const answer = await client.verify({ cursor, collection, held })
    await store(answer.changes)
    const { put = [], del = [], evict = [] } = answer.changes[collection] ?? {}
    for (const { id, revision } of put) portion.get(id.slice(-2)).set(id, revision)
    for (const id of [...del, ...evict]) portion.get(id.slice(-2)).delete(id)
    hasMore = answer.has_more
  }
}

function* portionsOf(held, names) {
  const buckets = bucketsOf(held)
  let portion = new Map()
  let size = 0
  for (const name of names) {
    const ids = buckets.get(name) ?? new Map()
    if (size && size + ids.size > MOST_HELD) {
      yield portion
      portion = new Map()
      size = 0
    }
    portion.set(name, ids)
    size += ids.size
  }
  if (portion.size) yield portion
}
