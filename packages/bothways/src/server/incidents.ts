import type { IncomingMessage } from 'node:http'
import { LimitError, ProtocolViolation, type Refusal } from '@bothways/protocol'
import { channels } from '../diagnostics.ts'
import type { ServerCounts } from './counts.ts'
import type { EndingCode, RefusalCode } from './error-codes.ts'
import type { ServerSocket } from './server-socket.ts'

/** A connection or request that was refused before it became a WebSocket. */
export interface RefusalReport {
  readonly code: RefusalCode
  /** Of the HTTP answer; undefined when the connection was closed without one. */
  readonly status: number | undefined
  /** The reason that the client was told, in plain text. */
  readonly reason: string
  /** The client's address; behind a trusted proxy the one it forwards. */
  readonly remoteAddress: string
  /** Node's own request; undefined when none has come, or none that could be read. */
  readonly request: IncomingMessage | undefined
}

/** The program's functions that hear of incidents. */
interface IncidentListeners {
  onError(error: unknown, socket: undefined): void
  readonly onRefusal: ((report: RefusalReport) => void) | undefined
}

/** Refusals of clients and violations by them: counted by reason, and told to listeners. */
export class Incidents<User> {
  readonly #listeners: IncidentListeners
  readonly #counts: ServerCounts

  constructor(listeners: IncidentListeners, counts: ServerCounts) {
    this.#listeners = listeners
    this.#counts = counts
  }

  /** @param isAnswered false when the connection is closed without an answer */
  refused(refusal: Refusal, remoteAddress: string, request?: IncomingMessage, isAnswered = true): void {
    const { status, text } = refusal
    const code = refusal.code as RefusalCode
    this.#counts.refusals++
    countOne(this.#counts.refusalsByCode, code)
    const { onRefusal } = this.#listeners
    if (onRefusal === undefined && !channels.refusal.hasSubscribers) return
    const report: RefusalReport = {
      code,
      status: isAnswered ? status : undefined,
      reason: text,
      remoteAddress,
      request,
    }
    channels.refusal.publish(report)
    onRefusal?.(report)
  }

  /** A connection is over; `error` says why, when it was not in order. */
  ended(error: Error | undefined, socket: ServerSocket<User>): void {
    if (!(error instanceof ProtocolViolation || error instanceof LimitError)) return
    this.#counts.violations++
    countOne(this.#counts.violationsByCode, error.code as EndingCode)
    channels.violation.publish({ error, socket })
  }

  /** The process has no file descriptor left: the operating system closes who comes, unseen. */
  ranOutOfDescriptors(error: Error): void {
    this.#counts.descriptorShortages++
    channels.descriptors.publish({ error })
    this.#listeners.onError(error, undefined)
  }
}

function countOne<Code extends string>(counts: Partial<Record<Code, number>>, code: Code): void {
  counts[code] = (counts[code] ?? 0) + 1
}
