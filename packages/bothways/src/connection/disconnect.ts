import { CloseCode } from '@bothways/protocol'

/** The code and the reason in a close frame; `code` is 1005 when it carried none. */
export interface CloseFrame {
  readonly code: number
  readonly reason: string
}

/** How a connection ended: who ended it, why, and whether coming back makes sense. */
export interface Disconnect {
  /** The close code as the WHATWG and RFC 6455 §7.1.5 define it: the peer's, 1005 or 1006. */
  readonly code: number
  readonly reason: string
  /** True when both close frames were exchanged before TCP ended (RFC 6455 §7.1.4). */
  readonly wasClean: boolean
  /**
   * - `us`: this side called `close` or `terminate`
   * - `peer`: the other side sent its close frame first
   * - `policy`: this side ended it for a violation or a limit; `error` says which
   * - `network`: the connection broke, or the peer fell silent
   */
  readonly by: 'us' | 'peer' | 'policy' | 'network'
  /** The violation, the limit, or the network's error. */
  readonly error: Error | undefined
  readonly sent: CloseFrame | undefined
  readonly received: CloseFrame | undefined
  /** Advice to a client: stay away, come back at once, or come back after a pause. */
  readonly retry: 'no' | 'now' | 'later'
}

export type DisconnectFacts = Pick<Disconnect, 'by' | 'error' | 'sent' | 'received'>

export function describeDisconnect(facts: DisconnectFacts): Disconnect {
  const { sent, received } = facts
  const { code, reason } = received ?? { code: CloseCode.Abnormal, reason: '' }
  return {
    code,
    reason,
    wasClean: sent !== undefined && received !== undefined,
    by: facts.by,
    error: facts.error,
    sent,
    received,
    retry: facts.by === 'us' ? 'no' : retryAdvice(code),
  }
}

const retryByCode: ReadonlyMap<number, Disconnect['retry']> = new Map([
  [CloseCode.Normal, 'no'],
  [CloseCode.ProtocolError, 'no'],
  [CloseCode.UnsupportedData, 'no'],
  [CloseCode.InvalidPayload, 'no'],
  [CloseCode.PolicyViolation, 'no'],
  [CloseCode.MessageTooBig, 'no'],
  [CloseCode.MandatoryExtension, 'no'],
  [CloseCode.GoingAway, 'now'],
  [CloseCode.Abnormal, 'now'],
])

/** An application's own codes (3000-4999) mean what it says they mean: the safe advice is to stay away. */
function retryAdvice(code: number): Disconnect['retry'] {
  return retryByCode.get(code) ?? (code >= 3000 ? 'no' : 'later')
}
