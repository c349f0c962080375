import type { TransportOpener } from '../core/transport-kit.ts'
import { openHttp, type ReadNews } from './http-transport.ts'

/** The server writes at once, and a comment every 20 s: without that something on the way holds it back. In ms, beyond what an answer takes. */
const firstBytesMs = 5_000
const silenceMs = 45_000
/** Text that goes on for so long without an end is no event, in characters. */
const maxEventLength = 2 ** 24

export const eventStreamTransport: TransportOpener = {
  kind: 'event-stream',
  open: (context, handler) => openHttp(context, handler, readEventStream),
}

const readEventStream: ReadNews = async (http, topics, signal, watch) => {
  watch(() => http.end({ code: 'buffered' }), firstBytesMs + http.lagMs)
  const response = await http.ask('events', topics, signal)
  if (response === undefined) return
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  /** The parts of the line, and of the event, that have not ended yet. */
  let text = ''
  let data = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (signal.aborted) return
    if (done) return http.end({ code: 'lost' })
    watch(() => http.end({ code: 'silent' }), silenceMs)
    http.handler.onLife()
    // HTML §9.2.6, of the fields that are used here. A CR at the end may be half of a CR LF.
    const lines = (text + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    text = lines.pop() as string
    for (const line of lines) {
      const [field, said = ''] = line.split(/: ?(.*)/s)
      if (field === 'data') data += `${said}\n`
      // Said by a server that is leaving.
      else if (field === 'retry' && /^\d+$/.test(said)) {
        http.handler.onMessage({ type: 'goodbye', retryAfterMs: Number(said) })
      } else if (line === '' && data !== '') {
        http.pass(JSON.parse(data), topics)
        data = ''
      }
    }
    if (text.length + data.length > maxEventLength) throw new Error('An event without an end.')
  }
}
