/** Why a client has gone. */
export type DisconnectReason =
  | 'transport error'
  | 'transport close'
  | 'forced close'
  | 'ping timeout'
  | 'parse error'
  | 'server shutting down'
  | 'forced server close'
  | 'client namespace disconnect'
  | 'server namespace disconnect'

/** After these a client may come back to its session. */
export const recoverableReasons: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  'transport error',
  'transport close',
  'forced close',
  'ping timeout',
  'server shutting down',
  'forced server close',
])

export interface SocketReservedEventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: an error, or what a transport has to say of it
  disconnect: (reason: DisconnectReason, description?: any) => void
  // biome-ignore lint/suspicious/noExplicitAny: an error, or what a transport has to say of it
  disconnecting: (reason: DisconnectReason, description?: any) => void
  error: (err: Error) => void
}

/** Names that a program cannot emit: this library and Node's emitter do. */
export const reservedEvents: ReadonlySet<unknown> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
])

/** @throws Error for a name that a program cannot emit */
export function checkEventName(name: unknown, reserved: ReadonlySet<unknown> = reservedEvents): void {
  if (reserved.has(name)) throw new Error(`"${String(name)}" is a reserved event name`)
}

/** An error that clients get as `connect_error`, with its data. */
export interface ExtendedError extends Error {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the program sends
  data?: any
}

/** An event and its arguments. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the client sent
export type Event = [string, ...any[]]
