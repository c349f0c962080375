/** Who brought it about. */
export type EndedBy = 'peer' | 'us' | 'network' | 'policy'

/** Why a connection ended or did not come about. */
export interface DisconnectReason {
  readonly code: ReasonCode
  readonly by: EndedBy
  /** `no`: it would fail again; else in how many ms it is tried again, 0 for at once. */
  readonly retry: 'no' | number
  /** What happened and what to do, in one sentence. */
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

/** Who brought it about, in a sentence, and whether it will not change by itself, unless the server says when. */
const reasons: Readonly<Record<ReasonCode, readonly [EndedBy, string, isLasting?: true]>> = {
  closed: ['us', 'Closed here.', true],
  not_opened: ['network', 'No connection came about: `npx bothways doctor URL` says why.'],
  blocked: ['policy', 'The page forbids it: allow this URL in its connect-src.', true],
  lost: ['network', 'The connection was cut.'],
  silent: ['network', 'The server does not answer.'],
  offline: ['network', 'This device is offline.'],
  leaving: ['peer', 'The server restarts.'],
  busy: ['peer', 'The server is full.'],
  unauthenticated: [
    'policy',
    'The server does not accept the token, or wants one: createClient(url, { token }).',
    true,
  ],
  forbidden: ['policy', 'The server refuses this client.', true],
  not_bothways: ['peer', 'What answers is not bothways.v1: is the path right?', true],
  too_large: ['peer', 'A message was too large.', true],
  compression: ['network', 'Compressed messages arrive damaged.'],
  buffered: ['network', 'A proxy holds event streams back.'],
  token_failed: ['us', 'The function `token` failed.'],
  unsupported: ['us', 'Give a class as the option `WebSocket`: there is none here.', true],
}

/** How one connection ended, before it is decided when the next is tried. */
export interface Ending {
  readonly code: ReasonCode
  /** What the server asks for. */
  readonly retryAfterMs?: number | undefined
  /** The next try is another one, by another way or with another token: it comes at once. */
  readonly isOtherNext?: boolean
  /** What the server or the runtime said. */
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

/** Close codes (RFC 6455 §7.4.1, the IANA registry, those of bothways.v1), and statuses in place of the answer that was wanted. */
const codes: Readonly<Record<number, ReasonCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  429: 'busy',
  503: 'busy',
  1001: 'leaving',
  1007: 'compression',
  1012: 'leaving',
  1013: 'busy',
  4400: 'not_bothways',
  4401: 'unauthenticated',
  4403: 'forbidden',
  4413: 'too_large',
  4429: 'busy',
}

/** @param number a close code or an HTTP status @param otherwise the code for those that say nothing */
export function codeOf(number: number, otherwise: ReasonCode): ReasonCode {
  return codes[number] ?? otherwise
}
