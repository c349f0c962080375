/** The party that ended a connection, or kept it from opening. */
export type EndedBy = 'peer' | 'us' | 'network' | 'policy'

/** Why a connection ended or did not come about. */
export interface DisconnectReason {
  readonly code: ReasonCode
  readonly by: EndedBy
  /** `no`: it would fail again; else in how many ms it is tried again, 0 for at once. */
  readonly retry: 'no' | number
  /** One sentence about what happened and what to do. */
  readonly help: string
  /** The finding of `bothways doctor` that it suggests, where the runtime's WebSocket tells one, as that of `bothways`. */
  readonly doctor?: string | undefined
}

export type ReasonCode =
  | 'closed'
  | 'not_opened'
  | 'blocked'
  | 'lost'
  | 'silent'
  | 'offline'
  | 'leaving'
  | 'busy'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_bothways'
  | 'too_large'
  | 'compression'
  | 'buffered'
  | 'token_failed'
  | 'unsupported'

/**
 * Each reason: the party that brought it about; a sentence about what happened and what to do; whether it will not change by
 * itself, unless the server says when. And the numbers by which it is said: close codes (RFC 6455 §7.4.1, the IANA registry,
 * those of bothways.v1), and statuses in place of the answer that was wanted.
 */
export const reasons: Readonly<
  Record<ReasonCode, readonly [EndedBy, string, isLasting?: boolean, ...number[]]>
> = {
  closed: ['us', 'Closed here.', true],
  not_opened: ['network', 'No connection came about: `npx bothways doctor URL` says why.'],
  blocked: ['policy', 'The page forbids it: allow this URL in its connect-src.', true],
  lost: ['network', 'The connection was cut.'],
  silent: ['network', 'The server does not answer.'],
  offline: ['network', 'This device is offline.'],
  leaving: ['peer', 'The server restarts.', false, 1001, 1012],
  busy: ['peer', 'The server is full.', false, 429, 503, 1013, 4429],
  unauthenticated: [
    'policy',
    'The server does not accept the token, or wants one: createClient(url, { token }).',
    true,
    401,
    4401,
  ],
  forbidden: ['policy', 'The server refuses this client.', true, 403, 4403],
  not_bothways: ['peer', 'What answers is not bothways.v1: is the path right?', true, 4400],
  too_large: ['peer', 'A message was too large.', true, 4413],
  compression: ['network', 'Compressed messages arrive damaged.', false, 1007],
  buffered: ['network', 'A proxy holds event streams back.'],
  token_failed: ['us', 'The function `token` failed.'],
  unsupported: ['us', 'Give a class as the option `WebSocket`: there is none here.', true],
}

/** How one connection ended, before it is decided when the next is tried. */
export interface Ending {
  readonly code: ReasonCode
  /** The wait that the server asks for. */
  readonly retryAfterMs?: number | undefined
  /** The next try is another one, by another way or with another token: it comes at once. */
  readonly isOtherNext?: boolean
  /** The words of the server or of the runtime. */
  readonly text?: string | undefined
  readonly doctor?: string | undefined
}

export function isLasting({ code, retryAfterMs, isOtherNext }: Ending): boolean {
  const [, , willLast = false] = reasons[code]
  return willLast && retryAfterMs === undefined && !isOtherNext
}

export function reasonOf({ code, text, doctor }: Ending, retry: 'no' | number): DisconnectReason {
  const [by, help] = reasons[code]
  return { code, by, retry, help: text ? `${help} (${text})` : help, ...(doctor && { doctor }) }
}

/** @param number a close code or an HTTP status @param otherwise the code for those that say nothing */
export function codeOf(number: number, otherwise: ReasonCode): ReasonCode {
  const codes = Object.keys(reasons) as ReasonCode[]
  return codes.find(code => reasons[code].includes(number)) ?? otherwise
}
