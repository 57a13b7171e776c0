// Types of what this package offers.
import type { AppSchema, Database, Model } from '@nozbe/watermelondb'
import type { SchemaMigrations } from '@nozbe/watermelondb/Schema/migrations'
import type { SyncArgs, SyncDatabaseChangeSet, SyncPullArgs } from '@nozbe/watermelondb/sync'
import type { Client, Manifest, Page, Refusal, Report, StayOptions as Stay, Status, Warning } from '@studio-sync/client'

export type * from '@studio-sync/client'
export { DeviceWiped, Problem, RetryLater, SignedOut, UnexpectedAnswer, Unreachable, createClient } from '@studio-sync/client'

export interface QueuedCommand {
  key: string
  collection: string
  id: string
  command: string
  fields: Record<string, unknown>
}

export interface SyncOptions
  extends Omit<SyncArgs, 'database' | 'pullChanges' | 'pushChanges' | 'sendCreatedAsUpdated' | 'unsafeTurbo' | '_unsafeBatchPerCollection'> {
  /** The manifest the database's schema was made from. */
  manifest: Manifest
  /** Hears of every refused change; it is told again after a crash, until it returns. */
  onRefused?: (refusals: Refusal[]) => void | Promise<void>
  /** Hears of every warning; likewise. */
  onWarned?: (warnings: Warning[]) => void | Promise<void>
  /** Hears which records have taken the place of others, by collection: `{<the one gone>: <the one that stays>}`. */
  onMerged?: (merged: Record<string, Record<string, string>>) => void
  /** Compare what is held with what should be held, and put right what differs. */
  verify?: boolean
  /** Told of every page before it is stored; `page.progress` feeds a progress bar. */
  onPage?: (page: Page) => void
  /** Records asked for at a time; default 2000. */
  maxRows?: number
}

export function schemaFromManifest(manifest: Manifest): AppSchema

/** To be handed to the adapter with the schema, so that an update of the app keeps what was not pushed. */
export function migrationsFromManifest(manifest: Manifest): SchemaMigrations

export function modelsFromManifest(manifest: Manifest): Array<typeof Model>

export function synchronizeWith(client: Client, database: Database, options: SyncOptions): Promise<Report>

export interface StayOptions extends SyncOptions, Stay {}

/** Sync now, when poked, and by the clock. `done` is the error that ended it, or undefined after `stop()`. */
export function keepInStep(
  client: Client,
  database: Database,
  options: StayOptions,
): { stop: () => void; done: Promise<Error | undefined> }

export function statusOf(database: Database, manifest: Manifest): Promise<Status>

export function queueCommand(
  database: Database,
  collection: string,
  id: string,
  command: string,
  fields?: Record<string, unknown>,
): Promise<void>

export function queuedCommands(database: Database): Promise<QueuedCommand[]>

export function openInbox(database: Database): Promise<Model[]>

export function resolveInbox(
  database: Database,
  id: string,
  resolution: 'take_mine' | 'keep_theirs' | 'dismiss',
  fields?: Record<string, unknown>,
  more?: { keep?: string[]; record_revision?: number },
): Promise<void>

export function clearDatabase(database: Database): Promise<void>

export function consistencyCheck(
  client: Client,
  database: Database,
  options: SyncOptions,
): {
  db: Database
  synchronize: () => Promise<Report>
  pullChanges: (args: SyncPullArgs) => Promise<SyncDatabaseChangeSet>
  isExcessLocalRecordAllowed: (args: { tableName: string; local: unknown }) => Promise<boolean>
}
