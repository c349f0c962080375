import { type Limit, LimitError, type limits, UsageError, type ViolationCode } from '@bothways/protocol'
import type { connectionLimits } from '../connection/error-codes.ts'
import type { RefusalCode } from '../opening/refusals.ts'

/** The bounds of what sockets do, by the options that set them. */
export const socketLimits = {
  maxTopicsPerSocket: { code: 'BW_TOO_MANY_TOPICS', unit: 'topics' },
} as const

/** Wrong calls of a server or a socket. */
export const serverUsageCodes = [
  'BW_UNKNOWN_METHOD',
  'BW_INVALID_MESSAGE',
  'BW_INVALID_CLOSE_ARGUMENT',
  'BW_ROUTE_EXISTS',
  'BW_ALREADY_LISTENING',
  'BW_ALREADY_ATTACHED',
  'BW_SERVER_CLOSED',
  'BW_TWO_CONSUMERS',
] as const

export function tooManyTopics(limit: number): LimitError {
  const text = `A socket may subscribe to ${limit} topics (option maxTopicsPerSocket).`
  return new LimitError(socketLimits.maxTopicsPerSocket, limit, limit + 1, text)
}

export function twoConsumers(text: string): UsageError {
  return new UsageError('BW_TWO_CONSUMERS', text)
}

type CodeOf<Limits extends Record<string, Limit>> = Limits[keyof Limits]['code']

/** Why a connection of a server may be ended for the client's sake. */
export type EndingCode =
  | ViolationCode
  | CodeOf<typeof limits>
  | CodeOf<typeof connectionLimits>
  | CodeOf<typeof socketLimits>

export type { RefusalCode }
