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
}

/** A page of a pull, as the server answers it. */
export interface Page {
  cursor: string
  revision: number
  replace: boolean
  has_more: boolean
  usable: boolean
  consistent: boolean
  progress: Record<string, { done: number; total: number }>
  changes: Record<string, { put?: object[]; del?: string[]; evict?: string[] }>
}

export interface Client {
  signIn(words: SignIn): Promise<Session>
  signOut(): Promise<void>
  session(): Promise<Session | null>
  manifest(): Promise<Manifest>
  pull(question: { cursor: string | null; max_rows?: number; max_bytes?: number }): Promise<Page>
  push(text: string): Promise<{ results: object[]; last: number; revision: number }>
  request(method: string, path: string, content?: { body?: unknown; text?: string }): Promise<any>
}

/** A change the server did not take in, or took in only in part. */
export interface Refusal {
  collection: string
  id: string
  op: 'create' | 'patch' | 'delete'
  /** The fields as the user had entered them. */
  typed: Record<string, unknown>
  verdict: 'conflict' | 'rejected' | 'blocked' | 'merged'
  code: string | null
  message: string | null
  /** Reasons by field. */
  fields: Record<string, string> | null
  /** The record as the server has it, already stored here; null when the record is gone. */
  server: Record<string, unknown> | null
  blocked_by: number | null
  inbox_id: string | null
}

export interface SyncOptions
  extends Omit<SyncArgs, 'database' | 'pullChanges' | 'pushChanges' | 'sendCreatedAsUpdated' | 'unsafeTurbo' | '_unsafeBatchPerCollection'> {
  /** The manifest the database's schema was made from. */
  manifest: Manifest
  /** Hears of every refused change; it is told again after a crash, until it returns. */
  onRefused?: (refusals: Refusal[]) => void | Promise<void>
  /** Told of every page before it is stored; `page.progress` feeds a progress bar. */
  onPage?: (page: Page) => void
  /** Records asked for at a time; default 2000. */
  maxRows?: number
}

export function createClient(options: ClientOptions): Client

export function schemaFromManifest(manifest: Manifest): AppSchema

export function modelsFromManifest(manifest: Manifest): Array<typeof Model>

export function synchronizeWith(client: Client, database: Database, options: SyncOptions): Promise<void>

export function clearDatabase(database: Database): Promise<void>

export function consistencyCheck(
  client: Client,
  database: Database,
  options: SyncOptions,
): {
  db: Database
  synchronize: () => Promise<void>
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
