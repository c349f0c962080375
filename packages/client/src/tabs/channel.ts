import type { ClientMessage, Ending, ServerMessage } from '../core/transport-kit.ts'

/** A message of a tab to the leader. */
export interface FromTab {
  readonly from: string
  readonly message: ClientMessage
  /** JSON of the message's `data`. */
  readonly data?: string | undefined
}

/** A message of a leader to tabs. */
export interface FromLeader {
  readonly by: string
  readonly to: readonly string[]
  readonly message?: ServerMessage
  readonly ending?: Ending
}

/** Somebody leads from now on. */
export interface NewLeader {
  readonly leader: string
}

export type Said = FromTab | FromLeader | NewLeader

/** The part of a `BroadcastChannel` that is used. */
export interface Channel {
  onmessage: ((event: { readonly data: Said }) => void) | null
  postMessage(said: Said): void
  close(): void
}

/** Other code of the origin may say anything here, and so may another version of this one: it ends nothing, and is told to the console. */
export function listenOn(channel: Channel, hear: (said: Said) => void): void {
  channel.onmessage = ({ data }) => {
    try {
      hear(data)
    } catch (error) {
      console.error(error)
    }
  }
}

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(
    name: string,
    options: { readonly signal?: AbortSignal; readonly steal?: boolean },
    hold: () => Promise<void>,
  ): Promise<void>
}

/** The part of `EventTarget` that is used. */
interface Listened {
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}

/** The parts of the runtime by which the tabs of an origin find each other. */
export interface Origin {
  readonly BroadcastChannel: new (name: string) => Channel
  readonly locks: Locks
  readonly page: Partial<Listened>
  readonly document: Listened | undefined
}

/** @returns undefined where pages do not have it, as outside of secure contexts */
export function originOfPage(): Origin | undefined {
  const { BroadcastChannel, navigator, document } = globalThis as unknown as Partial<Origin> & {
    navigator?: { locks?: Locks }
  }
  const locks = navigator?.locks
  if (BroadcastChannel === undefined || locks === undefined) return undefined
  return { BroadcastChannel, locks, page: globalThis as Partial<Listened>, document }
}
