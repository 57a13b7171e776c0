// Types of the copy in IndexedDB.
import type { Client, Manifest, Page, Position, Progress, Refusal, Report, Storage, Warning } from '../index.js'

export type Record = { id: string; revision: number | null } & { [field: string]: any }

/** Ids by collection. */
export type Changed = { [collection: string]: string[] }

export interface Edit {
  op: 'create' | 'patch' | 'delete'
  collection: string
  id: string
  fields?: { [field: string]: unknown }
  /** Of the record as it was shown when this was typed; default: as it is now. */
  revision?: number | null
}

export interface Unpushed {
  collection: string
  id: string
  op: Edit['op'] | 'command'
  command: string | null
  fields: { [field: string]: unknown }
}

export interface StoreOptions {
  /** Of the database; one per account and user. */
  name: string
  client: Client
  manifest: Manifest
  /** Hears of every refused change; it is told again after a crash, until it returns. */
  onRefused?: (refusals: Refusal[]) => void | Promise<void>
  /** Hears of every warning; likewise. */
  onWarned?: (warnings: Warning[]) => void | Promise<void>
  /** Hears which records have taken the place of others, by collection. */
  onMerged?: (merged: { [collection: string]: { [gone: string]: string } }) => void
}

export interface StoreStatus {
  /** The app may open on what is there. */
  usable: boolean
  consistent: boolean
  progress: Progress
  /** Changes that are not answered yet. */
  unpushed: number
  /** When all was last there, as `Date.now()` tells time, or null. */
  lastSync: number | null
}

export interface Store {
  readonly status: StoreStatus
  /** A newer one may take its place. */
  manifest: Manifest
  position(): Promise<Position & { next_sync_at: number }>
  sync(how?: { verify?: boolean; onPage?: (page: Page) => void; maxRows?: number }): Promise<Report>
  subscribe(collection: string | null, listener: (changes: Changed | null) => void): () => void
  get(collection: string, id: string): Promise<Record | null>
  all(collection: string): Promise<Record[]>
  search(collection: string, words: string): Promise<Record[]>
  write(edits: Edit[], how?: { draft?: string }): Promise<void>
  draft(name: string): Promise<any>
  drafts(): Promise<{ name: string; draft: any }[]>
  keepDraft(name: string, draft: unknown): Promise<void>
  command(collection: string, id: string, name: string, fields?: { [field: string]: unknown }): Promise<void>
  unpushed(): Promise<Unpushed[]>
  refusals(): Promise<(Refusal & { key: string })[]>
  dismiss(key: string): Promise<void>
  inbox(): Promise<Record[]>
  resolve(
    id: string,
    resolution: 'take_mine' | 'keep_theirs' | 'dismiss',
    fields?: { [field: string]: unknown },
    more?: { keep?: string[]; record_revision?: number },
  ): Promise<void>
  refresh(): Promise<void>
  leave(): Promise<boolean>
  clear(): Promise<void>
  close(): void
}

/** The copy was let go of, or is deleted, here or by another tab: whatever is asked of it afterwards is refused so. */
export class CopyClosed extends Error {
  code: 'copy_closed'
}

export function openStore(options: StoreOptions): Promise<Store>

/** What a sign-in is kept in, in tabs and workers alike. */
export function openKeys(name: string): Promise<Storage & { clear(): Promise<void>; close(): void }>

/** Do something while nobody else does anything under the same name, over all tabs of a browser. */
export function alone<T>(name: string, work: () => Promise<T>): Promise<T>
