// Keeps a WatermelonDB database in step with a studio-sync server.
export { createClient } from './client.js'
export { openInbox, queueCommand, queuedCommands, resolveInbox } from './commands.js'
export { keepInStep } from './live.js'
export { DeviceWiped, Problem, RetryLater, SignedOut, UnexpectedAnswer, Unreachable } from './problems.js'
export { modelsFromManifest, schemaFromManifest } from './schema.js'
export { clearDatabase, consistencyCheck, statusOf, synchronizeWith } from './synchronize.js'
