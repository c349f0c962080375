import { retryAfterOf } from './backoff.ts'
import { readMessage, textOf } from './messages.ts'
import { codeOf, type Ending } from './reason.ts'
import { createTimer } from './timer.ts'
import type { TransportOpener } from './transport.ts'

/** After an `error` event the `close` event may never come, as when a Content Security Policy blocks the URL. In ms. */
const closeEventMs = 1_000

export const webSocketTransport: TransportOpener = {
  kind: 'websocket',
  open({ url, WebSocket, environment, isCompressionBroken }, handler) {
    const timer = createTimer(environment)
    let isOver = false
    let isOpen = false
    let failure: Ending | undefined
    let socket: InstanceType<NonNullable<typeof WebSocket>> | undefined
    const end = (ending: Ending): void => {
      timer()
      if (isOver) return
      isOver = true
      handler.onEnd(ending)
    }
    const unsaid = () => (isOpen ? 'lost' : 'not_opened')
    /** The caller of `open` has to have it first. */
    const endLater = (ending: Ending, ms = 0) => timer(() => end(ending), ms)
    const listeners = {
      open() {
        isOpen = true
        if (!isOver) handler.onOpen()
      },
      message({ data }: { data: unknown }) {
        if (isOver) return
        const message = readMessage(data)
        if (message !== undefined) return handler.onMessage(message)
        end({ code: 'not_bothways' })
        socket?.close(1000)
      },
      // Node's classes say more than browsers may.
      // biome-ignore lint/suspicious/noExplicitAny: each class has its own events
      error({ error, doctor }: any = {}) {
        const { status, headers } = error?.answer ?? {}
        const text = error?.message
        const isDamaged = status === undefined && /inflat|compress|RSV1/i.test(text)
        failure = {
          code: isDamaged ? 'compression' : codeOf(status, unsaid()),
          text,
          doctor,
          retryAfterMs: retryAfterOf(headers?.['retry-after'], environment.random()),
        }
        endLater(failure, closeEventMs)
      },
      close({ code, reason }: { code: number; reason?: unknown }) {
        const text = reason ? String(reason) : failure?.text
        end({ ...failure, code: codeOf(code, failure?.code ?? unsaid()), text })
      },
    }
    if (WebSocket === undefined) endLater({ code: 'unsupported' })
    else {
      try {
        // Classes for Node.js have options; a browser's takes no third argument.
        const options = isCompressionBroken ? [{ compression: false, perMessageDeflate: false }] : []
        socket = new WebSocket(url.replace(/^http/, 'ws'), 'bothways.v1', ...options)
        for (const [type, listener] of Object.entries(listeners)) socket.addEventListener(type, listener)
      } catch (error) {
        endLater({ code: 'not_opened', text: String(error) })
      }
    }
    return {
      send(message, data) {
        if (socket?.readyState === 1) socket.send(textOf(message, data))
      },
      close() {
        isOver = true
        timer()
        socket?.close(1000)
      },
    }
  },
}
