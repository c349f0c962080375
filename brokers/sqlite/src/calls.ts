import type { History, HistoryRequest, HubCode, Published, PublishRequest, StoredPublication } from 'bothways'

// The messages between the broker and its thread: calls in one, and their results in another, in their order.

export type Call =
  | { readonly type: 'publish'; readonly request: PublishRequest; readonly now: number }
  | { readonly type: 'history'; readonly request: HistoryRequest; readonly now: number }
  | { readonly type: 'heads'; readonly topics: readonly string[] }
  | { readonly type: 'tidy'; readonly now: number }

/** Undefined in place of the publication: its key had been published before. */
export interface PublishResult extends Published {
  readonly publication: StoredPublication | undefined
}

export interface CallFailure {
  readonly code: HubCode
  readonly message: string
  readonly retryAfterMs?: number
}

export type Result =
  | { readonly value: PublishResult | History | readonly string[] | undefined }
  | { readonly failure: CallFailure }

/** The options that the thread is started with. */
export interface StoreOptions {
  readonly file: string
  readonly synchronous: 'normal' | 'full'
  readonly maxFileBytes: number
  readonly keyWindowMs: number
  readonly maxKeys: number
  readonly maxTopics: number
}
