// The conversation with a studio-sync server, and what keeps a copy of it true; whoever stores the copy stands on this.
export { createClient } from './client.js'
export { bucketsOf, digestOf, driftedBuckets, isDrifted } from './digests.js'
export { repair } from './heal.js'
export { keepInStep } from './live.js'
export { DeviceWiped, Problem, RetryLater, SignedOut, UnexpectedAnswer, Unreachable } from './problems.js'
