import { ClientError } from './client-error.ts'

/** Somebody in a topic. */
export interface Member {
  readonly client: string
  readonly user?: string
  readonly data: unknown
}

/** A message of the server by bothways.v1; which fields are there depends on the type. */
export interface ServerMessage {
  readonly type: string
  readonly id?: number | undefined
  readonly topic?: string
  readonly position?: string | undefined
  readonly data?: unknown
  readonly user?: string
  readonly at?: number
  readonly recovered?: boolean | undefined
  /** Whether the topic has one, where it was taken for what it is not. */
  readonly state?: boolean
  readonly members?: readonly Member[] | undefined
  readonly member?: Member
  readonly count?: number | undefined
  readonly client?: string
  readonly code?: string
  readonly message?: string
  readonly retryable?: boolean
  readonly retryAfterMs?: number | undefined
  readonly expiresAt?: number
  readonly pingMs?: number
  readonly maxMessageBytes?: number
  readonly keyWindowMs?: number
}

/** A message of the client by bothways.v1. */
export interface ClientMessage {
  readonly type: string
  readonly id?: number
  readonly topic?: string
  readonly [field: string]: unknown
}

/** JSON would say `{}` of these, or each byte by name. */
const notJson = /^(Promise|Map|Set|Blob|File|DataView|\w+Array|\w*ArrayBuffer)$/

/** @throws ClientError `invalid_data` */
export function jsonOf(data: unknown): string {
  const kind = Object.prototype.toString.call(data).slice(8, -1)
  if (notJson.test(kind)) {
    throw new ClientError(
      'invalid_data',
      `A ${kind} cannot be JSON: ${kind === 'Promise' ? 'await it' : 'make it plain'}.`,
    )
  }
  let problem = `${typeof data} cannot be JSON.`
  try {
    const text = JSON.stringify(data)
    if (text !== undefined) return text
  } catch (error) {
    problem = `This cannot be JSON: ${error}`
  }
  throw new ClientError('invalid_data', problem)
}

/** @param data JSON that is text already */
export function textOf(message: object, data?: string): string {
  const text = JSON.stringify(message)
  return data === undefined ? text : `${text.slice(0, -1)},"data":${data}}`
}

/** The fields of messages by their types. */
const fields = {
  string: 'type topic position user client code message',
  number: 'id at count retryAfterMs expiresAt pingMs maxMessageBytes keyWindowMs',
  boolean: 'recovered retryable state',
  object: 'member members',
}

/** @returns undefined for what is no message */
export function readMessage(text: unknown): ServerMessage | undefined {
  try {
    return checkMessage(JSON.parse(text as string))
  } catch {
    return undefined
  }
}

/** A field of a wrong type is a server's fault, and would be ours further on. @throws for what is no message */
// biome-ignore lint/suspicious/noExplicitAny: whatever JSON can say
export function checkMessage(value: any): ServerMessage {
  for (const [expected, names] of Object.entries(fields)) {
    for (const name of names.split(' ')) {
      // A field that is null is not there.
      if (value[name] === null) delete value[name]
      else if (value[name] !== undefined && typeof value[name] !== expected) throw new TypeError(name)
    }
  }
  const { type, member, members = [] } = value
  if (type === undefined || ![...members, ...(member ? [member] : [])].every(isMember)) {
    throw new TypeError('type')
  }
  return value
}

function isMember(value: Member | null): boolean {
  return typeof value?.client === 'string'
}

/** The refusal of a call. */
export function errorOf(
  { code = 'internal', message = '', retryable }: ServerMessage,
  where = '',
): ClientError {
  return new ClientError(code, where + message, retryable)
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
