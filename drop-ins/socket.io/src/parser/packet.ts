/** The type of a packet: its first character. */
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const

export type PacketType = (typeof PacketType)[keyof typeof PacketType]

export interface Packet {
  type: PacketType
  nsp: string
  // biome-ignore lint/suspicious/noExplicitAny: what a program sends, and what it declared to receive
  data?: any
  id?: number | undefined
  /** How many binary messages follow. */
  attachments?: number | undefined
}

/** Names that the libraries on either side emit themselves, so no peer may send them. */
const reservedNames: ReadonlySet<unknown> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
])

/** Whether data may stand in a packet of this type that came from a peer. */
export function isPayloadValid(type: PacketType, data: unknown): boolean {
  switch (type) {
    case PacketType.EVENT:
    case PacketType.BINARY_EVENT:
      return Array.isArray(data) && isEventName(data[0])
    case PacketType.ACK:
    case PacketType.BINARY_ACK:
      return Array.isArray(data)
    case PacketType.CONNECT:
      return isPlainObject(data)
    case PacketType.CONNECT_ERROR:
      return typeof data === 'string' || isPlainObject(data)
    case PacketType.DISCONNECT:
      return data === undefined
  }
}

/** Whether {@link Encoder} could have been given this packet. */
export function isPacketValid(packet: Packet): boolean {
  const { type, nsp, id, data } = packet
  if (typeof nsp !== 'string' || (id !== undefined && !Number.isInteger(id))) return false
  if (type === PacketType.BINARY_EVENT || type === PacketType.BINARY_ACK) return false
  return (type === PacketType.CONNECT && data === undefined) || isPayloadValid(type, data)
}

function isEventName(name: unknown): boolean {
  return typeof name === 'number' || (typeof name === 'string' && !reservedNames.has(name))
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
