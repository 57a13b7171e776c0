// Keeps a WatermelonDB database in step with a studio-sync server.
export { DeviceWiped, Problem, RetryLater, SignedOut, UnexpectedAnswer, Unreachable, createClient } from '@studio-sync/client'
export { openInbox, queueCommand, queuedCommands, resolveInbox } from './commands.js'
export { keepInStep } from './live.js'
export { migrationsFromManifest, modelsFromManifest, schemaFromManifest } from './schema.js'
export { clearDatabase, consistencyCheck, statusOf, synchronizeWith } from './synchronize.js'
