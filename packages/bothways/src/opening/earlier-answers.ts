import { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * Goes on when the requests that were pipelined before the one at hand have been answered: answers go out in the order
 * of their requests (RFC 9112 §9.3.2), and a 101 is one of them. At once when there are none,
 * and when the connection has ended.
 */
export function afterEarlierAnswers(stream: Duplex, goOn: () => void): void {
  const earlier = earlierAnswer(stream)
  if (earlier === undefined || stream.destroyed) {
    goOn()
    return
  }
  const next = (): void => {
    earlier.off('close', next)
    stream.off('close', next)
    afterEarlierAnswers(stream, goOn)
  }
  earlier.once('close', next)
  // After an upgrade Node tells answers no more that the connection has ended.
  stream.once('close', next)
}

export function hasEarlierAnswers(stream: Duplex): boolean {
  return earlierAnswer(stream) !== undefined
}

/** A socket takes one answer at a time; the next one has its place when this one closes. */
function earlierAnswer(stream: Duplex): ServerResponse | undefined {
  const answer: unknown = Reflect.get(stream, '_httpMessage')
  return answer instanceof ServerResponse ? answer : undefined
}
