// Types of what every client of a studio-sync server shares.

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
  /** Runs what it is given while no other tab does: a refresh token is good for one. Default: there are no others. */
  lock?: <T>(work: () => Promise<T>) => Promise<T>
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

/** What is kept in step: something that syncs, and tells where it stands. */
export interface Copy<R = Report> {
  sync(): Promise<R>
  /** `next_sync_at`, as `Date.now()` tells time, is when to sync next without being poked. */
  position(): Promise<Position & { next_sync_at: number }>
}

export interface StayOptions<R = Report> {
  /** Hears of each sync that was done. */
  onSync?: (report: R) => void
  /** Hears whether the server is reached, each time that changes. */
  onLine?: (isReached: boolean) => void
  /** Whether `fetch` can read an answer as it comes; default: what the platform says. */
  stream?: boolean
  /** Waits some milliseconds, or until a signal. */
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
  /** How long to wait at most before another try, default five minutes. */
  longestPauseMs?: number
}

export function createClient(options: ClientOptions): Client

/** Sync now, when poked, and by the clock. `done` is the error that ended it, or undefined after `stop()`. */
export function keepInStep<R = Report>(
  client: Client,
  copy: Copy<R>,
  options?: StayOptions<R>,
): { stop: () => void; done: Promise<Error | undefined> }

/** How many records, and a mark of their ids and revisions. */
export function digestOf(held: Map<string, number>): Digest

/** Whether held ids and revisions are other than a digest tells; none is told of an empty collection. */
export function isDrifted(held: Map<string, number>, told?: Digest): boolean

/** Ids and revisions by the two last digits of the ids. */
export function bucketsOf(held: Map<string, number>): Map<string, Map<string, number>>

/** The buckets that differ from those the server tells. */
export function driftedBuckets(held: Map<string, number>, told: Record<string, Digest>): string[]

/** Put right what has drifted; answers the names of the collections that had. */
export function repair(means: {
  client: Client
  collections: string[]
  heldOf: (collection: string) => Promise<Map<string, number>>
  cursor: string
  digests: Record<string, Digest>
  store: (changes: Changes) => Promise<void>
}): Promise<string[]>

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
