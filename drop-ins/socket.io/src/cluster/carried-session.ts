import type { Room, SocketId } from '../broadcast-options.ts'

/** The packets that a client had received at a time. */
export interface Mark {
  /** Its server's own packets with lower numbers; undefined: those that were sent before `heard` had come round. */
  readonly number: number | undefined
  /** All others up to this one, by its name; undefined: that cannot be told. */
  readonly heard: string | undefined
  /** The last packet that was written to it. */
  readonly lastOffset?: string | undefined
}

/** A client, as the others know it that may have to take it over. */
export interface CarriedSession {
  readonly pid: string
  readonly sid: SocketId
  /** The log of its server. */
  readonly log: string
  /** How often it has come back: who took it over last has it. */
  readonly returnCount: number
  readonly rooms: readonly Room[]
  /** As JSON, and bytes. */
  readonly data: string
  readonly isAway: boolean
  /** When it connected to its server. */
  readonly base: Mark
  /** When this was written. */
  readonly last: Mark
}
