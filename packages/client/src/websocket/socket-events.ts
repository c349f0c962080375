/** The fields of an event of the connection below; classes of events differ between runtimes. */
interface Said {
  readonly data?: unknown
  readonly origin?: string
  readonly code?: number
  readonly reason?: string
  readonly wasClean?: boolean
  readonly error?: unknown
  readonly message?: string
  readonly doctor?: string | undefined
}

export interface SocketMessageEvent extends Event {
  // biome-ignore lint/suspicious/noExplicitAny: as the DOM has it
  readonly data: any
  readonly origin: string
}

export interface SocketCloseEvent extends Event {
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

export interface SocketErrorEvent extends Event {
  readonly error: unknown
  readonly message: string
  /** The finding of `bothways doctor` that it suggests; undefined in browsers, which tell no reason. */
  readonly doctor: string | undefined
}

const members = {
  open: [],
  message: ['data', 'origin'],
  close: ['code', 'reason', 'wasClean'],
  error: ['error', 'message', 'doctor'],
} as const

/** An event of this object that says what the one of the connection says. */
export function eventLike(type: keyof typeof members, said: Said): Event {
  const event = new Event(type)
  for (const name of members[type])
    Object.defineProperty(event, name, { value: said[name], enumerable: true })
  return event
}
