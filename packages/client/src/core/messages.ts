/** Somebody in a topic. */
export interface Member {
  readonly client: string
  readonly user?: string
  readonly data: unknown
}

/** What the server sends by bothways.v1; which fields are there depends on the type. */
export interface ServerMessage {
  readonly type: string
  readonly id?: number
  readonly topic?: string
  readonly position?: string
  readonly data?: unknown
  readonly user?: string
  readonly at?: number
  readonly recovered?: boolean
  readonly members?: readonly Member[]
  readonly member?: Member
  readonly count?: number
  readonly client?: string
  readonly code?: string
  readonly message?: string
  readonly retryable?: boolean
  readonly retryAfterMs?: number
  readonly expiresAt?: number
  readonly pingMs?: number
  readonly maxMessageBytes?: number
  readonly keyWindowMs?: number
}

/** What the client sends. */
export interface ClientMessage {
  readonly type: string
  readonly id?: number
  readonly topic?: string
  readonly [field: string]: unknown
}

/** @param data JSON that is text already */
export function textOf(message: object, data?: string): string {
  const text = JSON.stringify(message)
  return data === undefined ? text : `${text.slice(0, -1)},"data":${data}}`
}

/** @returns undefined for what is no message */
export function readMessage(text: unknown): ServerMessage | undefined {
  try {
    const value = JSON.parse(text as string)
    return typeof value?.type === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
