export type SocketId = string
export type Room = string

/** How something is sent. */
export interface BroadcastFlags {
  volatile?: boolean
  compress?: boolean
  /** Only to clients of this server. */
  local?: boolean
  /** How long acknowledgements are waited for, in ms. */
  timeout?: number
  /** The acknowledgement is one answer instead of an array. */
  expectSingleResponse?: boolean
}

/** Where it is said which client speaks; undefined: the program. Adapters of others need not see it. */
export const speaker: unique symbol = Symbol('speaker')

/** Whom something is for: the clients in any of the rooms (or all if there is none), but those in `except`. */
export interface BroadcastOptions {
  readonly rooms: ReadonlySet<Room>
  readonly except?: ReadonlySet<Room> | undefined
  readonly flags?: BroadcastFlags | undefined
  readonly [speaker]?: { readonly id: SocketId } | undefined
  /** It came from the topic of a room: the subscribers of that have it already. */
  readonly isFromTopic?: boolean | undefined
}
