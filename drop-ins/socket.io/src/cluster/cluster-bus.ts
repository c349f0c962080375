import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { BroadcastFlags, Room } from '../broadcast-options.ts'
import type { RawData } from '../engine/packet.ts'
import type { CarriedSession } from './carried-session.ts'

/**
 * Joins servers: Redis, NATS or whatever carries messages. A message sent to a channel reaches each other member
 * once, those of one member in their order; a lost message costs only itself.
 */
export interface ClusterBus {
  /** Joins a channel; each namespace is one. */
  join(channel: string, member: ClusterMember): ClusterMembership
}

/** A member of a channel: one namespace of one server. */
export interface ClusterMember {
  /** Unique among all. */
  readonly id: string
  onMessage(message: ClusterMessage): void
  /**
   * A message of its own to all has come round, among those of the others: a bus calls it that has one order of all messages for all
   * members. With it clients may be taken over from a server that was killed.
   */
  onOwn?(message: ClusterMessage): void
}

export interface ClusterMembership {
  /** To all other members, or to one. */
  publish(message: ClusterMessage, to?: string): void
  /** How many members there are, this one included; once it hears the others. */
  memberCount(): Promise<number>
  /** Their ids, this one's included. With it nothing is sent to servers that a client has invented. */
  members?(): Promise<readonly string[]>
  leave(): void | Promise<void>
}

/** Whom something is for, as it travels. */
export interface ClusterTarget {
  readonly rooms: readonly Room[]
  readonly except: readonly Room[]
  readonly flags: BroadcastFlags
}

/** The messages of servers to each other. Their values are those of JSON, and bytes. */
export type ClusterMessage =
  /** An event, encoded already: every server writes it to its clients as it is. */
  | {
      readonly type: 'broadcast'
      readonly target: ClusterTarget
      readonly parts: readonly RawData[]
      readonly offset?: string | undefined
    }
  | { readonly type: 'join' | 'leave'; readonly target: ClusterTarget; readonly rooms: readonly Room[] }
  | { readonly type: 'disconnect'; readonly target: ClusterTarget; readonly close: boolean }
  | { readonly type: 'emit'; readonly args: readonly unknown[] }
  /** An event that no client of the others gets now; if they take clients over from the server with the log `only`, or from any. */
  | {
      readonly type: 'kept'
      readonly rooms: readonly Room[]
      readonly except: readonly Room[]
      readonly only?: string | undefined
      readonly parts: readonly RawData[]
      readonly offset: string
    }
  | {
      readonly type: 'alive'
      readonly from: string
      readonly offset: string
      /** It does not know the clients of the others. */
      readonly wantsSessions: boolean
    }
  /** Clients of a server, as they are now. */
  | {
      readonly type: 'sessions'
      readonly log: string
      /** The number of the log's next packet. */
      readonly next: number
      readonly sessions: readonly CarriedSession[]
    }
  /** Clients that do not come back. */
  | { readonly type: 'sessions over'; readonly pids: readonly string[] }
  /** A question, which `from` wants to have answered. */
  | {
      readonly type: 'request'
      readonly id: string
      readonly from: string
      readonly question: ClusterQuestion
    }
  | { readonly type: 'response'; readonly id: string; readonly answer: unknown }
  /** A request of a session that another server has. */
  | {
      readonly type: 'poll'
      readonly id: string
      readonly from: string
      readonly method: string
      readonly url: string
      readonly headers: IncomingHttpHeaders
      /** Of the client. */
      readonly address: string
      readonly body?: Uint8Array | undefined
    }
  | { readonly type: 'poll taken' | 'poll aborted'; readonly id: string }
  | {
      readonly type: 'poll answered'
      readonly id: string
      readonly status: number
      readonly headers: OutgoingHttpHeaders
      readonly body: Uint8Array
    }

export type ClusterQuestion =
  /** Answered by a number first, that of the clients, then by an array for each that acknowledges. */
  | { readonly kind: 'broadcast'; readonly target: ClusterTarget; readonly data: readonly unknown[] }
  | { readonly kind: 'sockets'; readonly target: ClusterTarget }
  | { readonly kind: 'emit'; readonly args: readonly unknown[] }
  | { readonly kind: 'session'; readonly pid: string; readonly offset?: string | undefined }
