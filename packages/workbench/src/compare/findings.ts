import type { Way } from '../serve-messages.ts'

export interface WayFigures {
  readonly requests: number
  readonly emptyAnswers: number
  /** From the browser to the server, counted there. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Changes that have come to the page. */
  readonly received: number
  readonly medianMs: number | undefined
  readonly p99Ms: number | undefined
}

export type Figures = Readonly<Record<Way, WayFigures>>

/** Why nothing is compared: no connection, too many windows, or a server of several processes. */
export type Hindrance = 'away' | 'crowded' | 'scattered'

/** One thing to see in the numbers; the words are elsewhere. */
export type Finding =
  | { readonly kind: 'queued'; readonly waitMs: number }
  | { readonly kind: Hindrance }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'polling'; readonly asked: number; readonly empty: number }
  | { readonly kind: 'longPolling'; readonly requests: number }
  | { readonly kind: 'pushed'; readonly changes: number }
  | { readonly kind: 'bytes'; readonly poll: number; readonly socket: number; readonly times: number }
  | { readonly kind: 'delay'; readonly pollMs: number; readonly socketMs: number }

/** Fewer say nothing yet. */
const enoughChanges = 3

/** A poll is answered at once: a poll that waits longer than this has not left the browser. */
const longWaitMs = 2_000

/**
 * The findings to show now. Nothing is claimed that the numbers do not show.
 *
 * @param pollWaitMs how long the present request of the polling has been without an answer
 * @param hindrance why nothing is compared now
 */
export function findings(figures: Figures, pollWaitMs: number, hindrance?: Hindrance | undefined): Finding[] {
  const compared = compare(figures)
  if (hindrance !== undefined) return [{ kind: hindrance }, ...compared.filter(it => it.kind !== 'waiting')]
  return pollWaitMs < longWaitMs ? compared : [{ kind: 'queued', waitMs: pollWaitMs }, ...compared]
}

function compare({ poll, longPoll, events, socket }: Figures): Finding[] {
  const changes = Math.min(events.received, socket.received)
  if (socket.received < enoughChanges || poll.requests === 0) return [{ kind: 'waiting' }]
  const found: Finding[] = [{ kind: 'polling', asked: poll.requests, empty: poll.emptyAnswers }]
  if (longPoll.requests > 0) found.push({ kind: 'longPolling', requests: longPoll.requests })
  if (events.requests <= 1 && socket.requests <= 1) found.push({ kind: 'pushed', changes })
  const [pollBytes, socketBytes] = [bytesOf(poll), bytesOf(socket)]
  if (socketBytes > 0) {
    found.push({ kind: 'bytes', poll: pollBytes, socket: socketBytes, times: pollBytes / socketBytes })
  }
  if (poll.medianMs !== undefined && socket.medianMs !== undefined) {
    found.push({ kind: 'delay', pollMs: poll.medianMs, socketMs: socket.medianMs })
  }
  return found
}

export function bytesOf({ bytesUp, bytesDown }: Pick<WayFigures, 'bytesUp' | 'bytesDown'>): number {
  return bytesUp + bytesDown
}
