// Types of what this package offers.
import type { AppSchema, Database, Model } from '@nozbe/watermelondb'
import type { SyncArgs, SyncDatabaseChangeSet, SyncPullArgs } from '@nozbe/watermelondb/sync'

/** Where the session is kept: AsyncStorage, localStorage, or a keychain with these three calls. */
export interface Storage {
  getItem(key: string): string | null | Promise<string | null>
  setItem(key: string, value: string): unknown
  removeItem(key: string): unknown
}

export interface ClientOptions {
  /** Address of the server, such as `https://sync.example.com`. */
  baseUrl: string
  /** Default: the platform's `fetch`. */
  fetch?: typeof fetch
  /** Default: memory, so that the session ends with the app. */
  storage?: Storage
  /** Needed where the platform has no WebCrypto: a wipe order cannot be verified without it. */
  crypto?: Crypto
  /** Must clear the local data; called only for a wipe order whose signature is good. */
  onWipe?: () => void | Promise<void>
  /** What the app is by now: after an update the server is told before anything else is asked. */
  app?: { app_version: string; schema_version: number }
}

/** What a phone says about itself. */
export interface DeviceReport {
  /** An id the app made once, at its installation. */
  uid: string
  name: string
  model: string
  platform: string
  app_version: string
  schema_version: number
}

export interface SignIn {
  account: string
  initials: string
  password: string
  /** Absent when a desk signs in. */
  device?: DeviceReport
}

/** Who is signed in, as the server describes them. */
export interface Session {
  account: Record<string, unknown> & { id: string }
  user: Record<string, unknown> & { id: string }
  device: (Record<string, unknown> & { id: string }) | null
}

export interface ManifestMember {
  name: string
  type: string
  description: string
  example: unknown
  required: boolean
  nullable: boolean
  link: string | null
  choices: string[] | null
  max_length: number | null
  minimum: number | string | null
  maximum: number | string | null
  default: unknown
}

export interface ManifestField extends ManifestMember {
  read_only: boolean
  since: number
  part: string | null
  members: ManifestMember[] | null
}

export interface ManifestCollection {
  name: string
  number: number
  description: string
  writable: boolean
  day: string | null
  since: number
  fields: ManifestField[]
}

export interface Manifest {
  schema_version: number
  minimum_schema_version: number
  limits: Record<string, number>
  collections: ManifestCollection[]
  commands: ManifestCommand[]
}

export interface ManifestCommand {
  name: string
  collections: string[]
  description: string
  fields: ManifestMember[]
}

/** A page of a pull, as the server answers it. */
export interface Page {
  cursor: string
  revision: number
  replace: boolean
  has_more: boolean
  usable: boolean
  consistent: boolean
  progress: Progress
  scope: { version: number; day: string }
  next_sync_after: number
  digests: Record<string, Digest> | null
  changes: Changes
}

/** Records done and in all, by collection. */
export type Progress = Record<string, { done: number; total: number }>

/** How many records of a collection, and a mark of them. */
export interface Digest {
  count: number
  mark: string
}

export type Changes = Record<string, { put?: object[]; del?: string[]; evict?: string[]; merged?: Record<string, string> }>

export interface PullQuestion {
  cursor: string | null
  max_rows?: number
  max_bytes?: number
  digests?: boolean
}

export interface PushAnswer {
  results: object[]
  last: number
  revision: number
}

/** How far the account has come, and what scopes are made from. */
export interface Position {
  revision: number | null
  scope_version: number | null
}

export interface VerifyAnswer {
  cursor: string
  digests: Record<string, Digest> | null
  buckets: Record<string, Digest> | null
  has_more: boolean
  changes: Changes
}

export interface Client {
  signIn(words: SignIn): Promise<Session>
  signOut(): Promise<void>
  session(): Promise<Session | null>
  manifest(): Promise<Manifest>
  pull(question: PullQuestion): Promise<Page>
  push(text: string): Promise<PushAnswer>
  exchange(text: string, question: PullQuestion): Promise<{ push: PushAnswer | null; pull: Page }>
  verify(question: {
    cursor: string | null
    collection?: string
    held?: Record<string, Record<string, number>>
  }): Promise<VerifyAnswer>
  wait(known: Position, seconds: number, how?: { signal?: AbortSignal }): Promise<Position & { has_changed: boolean }>
  live(known: Position, how?: { signal?: AbortSignal }): AsyncGenerator<{ event?: string; data?: any }>
  request(method: string, path: string, content?: { body?: unknown; text?: string; ifMatch?: string; signal?: AbortSignal }): Promise<any>
}

/** A change the server did not take in, or took in only in part. */
export interface Refusal {
  collection: string
  id: string
  op: 'create' | 'patch' | 'delete' | 'command'
  command: string | null
  /** The fields as the user had entered them. */
  typed: Record<string, unknown>
  /** `set_aside`: the server refuses whatever it is sent in, and so never judged it. */
  verdict: 'conflict' | 'rejected' | 'blocked' | 'merged' | 'set_aside'
  code: string | null
  message: string | null
  /** Reasons by field. */
  fields: Record<string, string> | null
  /** The record as the server has it, already stored here; null when the record is gone. */
  server: Record<string, unknown> | null
  blocked_by: number | null
  inbox_id: string | null
}

/** What the user should know of a change that was taken in. */
export interface Warning {
  collection: string
  id: string
  op: 'create' | 'patch' | 'delete' | 'command'
  command: string | null
  code: string
  message: string
  /** The fields and the records it is about. */
  fields: string[]
  records: string[]
}

/** What one sync did: pages stored, changes answered, and the collections that were put right. */
export interface Report {
  pages: number
  pushed: number
  repaired: string[]
}

export interface Status {
  /** The app may open on what is there. */
  usable: boolean
  consistent: boolean
  progress: Progress
  revision: number | null
  scopeVersion: number | null
  /** Records and commands that are not pushed yet. */
  unpushed: number
  /** When to sync next without being poked, as `Date.now()` tells time. */
  nextSyncAt: number
}

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

export function createClient(options: ClientOptions): Client

export function schemaFromManifest(manifest: Manifest): AppSchema

export function modelsFromManifest(manifest: Manifest): Array<typeof Model>

export function synchronizeWith(client: Client, database: Database, options: SyncOptions): Promise<Report>

export interface StayOptions extends SyncOptions {
  /** Hears of each sync that was done. */
  onSync?: (report: Report) => void
  /** Whether `fetch` can read an answer as it comes; default: what the platform says. */
  stream?: boolean
  /** Waits some milliseconds, or until a signal. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
}

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

export class Problem extends Error {
  status: number
  code: string
  problem: Record<string, unknown>
  retryAfter: number | null
}

export class DeviceWiped extends Error {
  code: 'device_wiped'
}

export class Unreachable extends Error {
  code: 'unreachable'
}

export class UnexpectedAnswer extends Error {
  code: 'unexpected_answer'
  status: number
}

export class SignedOut extends Error {
  code: 'signed_out'
}

export class RetryLater extends Error {
  code: string
}
