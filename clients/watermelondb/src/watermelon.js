// The parts of WatermelonDB this package stands on, public ones first, then the few its own sync uses.
export { Model, Q, appSchema, tableSchema } from '@nozbe/watermelondb'
export { addColumns, createTable, schemaMigrations } from '@nozbe/watermelondb/Schema/migrations/index.js'
export { synchronize, hasUnsyncedChanges } from '@nozbe/watermelondb/sync/index.js'
export { setGenerator } from '@nozbe/watermelondb/utils/common/randomId/index.js'
export { sanitizedRaw } from '@nozbe/watermelondb/RawRecord/index.js'
