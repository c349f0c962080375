import type { ServerMessage, TransportOpener } from '../core/transport-kit.ts'
import { type HttpTopic, openHttp, type ReadNews } from './http-transport.ts'

/** How long the server holds a poll without news, in ms. */
const waitMs = 25_000
/** How much longer an answer may take, in ms. */
const lateMs = 10_000
/** An empty answer that came sooner is of a server that holds none now: the next poll waits so long, in ms. */
const pauseMs = 1_000

interface Polled {
  readonly messages: readonly ServerMessage[]
  /** Where each topic stands now; a topic without history is not in it. */
  readonly positions: Readonly<Record<string, string>>
  /** Topics whose history has moved past where they stood. */
  readonly unrecovered?: readonly string[]
  /** The server leaves: come back after so long. */
  readonly retryAfterMs?: number
}

export const longPollTransport: TransportOpener = {
  kind: 'long-poll',
  open: (context, handler) => openHttp(context, handler, readByPolling),
}

const readByPolling: ReadNews = async (http, topics, signal, watch) => {
  const { environment } = http
  let asked = topics
  for (;;) {
    const isFirst = topics.some(({ id }) => id !== undefined)
    const askedAt = environment.now()
    watch(() => http.end({ code: 'silent' }), waitMs + lateMs)
    const response = await http.ask('poll', asked, signal, [['waitMs', String(isFirst ? 0 : waitMs)]])
    if (response === undefined) return
    const polled: Polled = JSON.parse(await response.text())
    watch()
    if (signal.aborted) return
    const isEarly = environment.now() - askedAt < pauseMs
    const { messages, retryAfterMs } = polled
    for (const topic of topics) http.pass(subscribed(topic, polled), topics)
    for (const message of messages) http.pass(message, topics)
    if (retryAfterMs !== undefined) return http.end({ code: 'leaving', retryAfterMs })
    // An answer that is full has news of the first topics alone.
    asked = [...asked.slice(1), ...asked.slice(0, 1)]
    // A message that came may have made a listener unsubscribe.
    if (signal.aborted) return
    if (isEarly && !isFirst && messages.length === 0) {
      await new Promise<void>(resolve => watch(resolve, pauseMs))
    }
  }
}

/** Each answer as a topic's `subscribed`. Between two polls a topic without history may have lost something: it has no position. */
function subscribed({ name, position }: HttpTopic, { positions, unrecovered = [] }: Polled): ServerMessage {
  const now = Object.hasOwn(positions, name) ? positions[name] : undefined
  const isKnown = now !== undefined && position !== undefined
  const recovered = isKnown ? !unrecovered.includes(name) : undefined
  return { type: 'subscribed', topic: name, position: now, recovered }
}
