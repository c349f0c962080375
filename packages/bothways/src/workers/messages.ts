import type { Withdrawal } from '../hub/broker/broker.ts'
import type { HubCode } from '../hub/hub-error.ts'

/** The messages in the channel between a worker and the primary: plain JSON, in the order in which they were sent. */
export type Call =
  | {
      readonly type: 'call'
      readonly id: number
      readonly method: CallMethod
      readonly args: readonly unknown[]
    }
  | { readonly type: 'subscribe'; readonly id: number; readonly topic: string }
  | { readonly type: 'unsubscribe'; readonly id: number }
  | { readonly type: 'alive' }

export type Answer =
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly failure?: Failure }
  | {
      readonly type: 'event'
      readonly id: number
      readonly name: EventName
      readonly args: readonly unknown[]
    }
  | { readonly type: 'withdrawal'; readonly withdrawal: Withdrawal }
  | { readonly type: 'alive?' }
  /** The worker is to end: the channel alone keeps it alive no longer. */
  | { readonly type: 'drain' }

/** The methods of a broker that ask and are answered. */
export const callMethods = ['publish', 'history', 'heads', 'join', 'leave', 'members', 'withdraw'] as const
export type CallMethod = (typeof callMethods)[number]

export type EventName = 'onPublication' | 'onJoined' | 'onLeft' | 'onRestored'

export interface Failure {
  readonly code: HubCode
  readonly message: string
  readonly retryAfterMs?: number | undefined
}

/** One end of the channel. */
export interface IpcChannel<Out> {
  /**
   * False when the messages sent and not taken yet leave no room for more.
   *
   * @param whenTaken the operating system has it, and the other end all connections that were handed to it before
   */
  send(message: Out, whenTaken?: () => void): boolean
  /** From here on it does not keep its process alive. */
  release(): void
}
