import { readMessage, textOf } from './messages.ts'
import { type Ending, endingOfClose, endingOfStatus } from './reason.ts'
import type { TransportOpener } from './transport.ts'

/** After an `error` event the `close` event may never come, as when a Content Security Policy blocks the URL. In ms. */
const closeEventMs = 1_000

export const webSocketTransport: TransportOpener = {
  kind: 'websocket',
  open({ url, WebSocket, environment, isCompressionBroken }, handler) {
    if (WebSocket === undefined) return unable({ code: 'unsupported' })
    let isOver = false
    let isOpen = false
    let cancel: (() => void) | undefined
    let socket: InstanceType<typeof WebSocket>
    const end = (ending: Ending): void => {
      cancel?.()
      if (isOver) return
      isOver = true
      handler.onEnd(ending)
    }
    try {
      // Classes for Node.js have options; a browser's takes no third argument.
      const options = isCompressionBroken ? [{ compression: false, perMessageDeflate: false }] : []
      socket = new WebSocket(url.replace(/^http/, 'ws'), 'bothways.v1', ...options)
    } catch (error) {
      return unable({ code: 'not_opened', text: String(error) })
    }
    socket.addEventListener('open', () => {
      isOpen = true
      if (!isOver) handler.onOpen()
    })
    socket.addEventListener('message', ({ data }) => {
      if (isOver) return
      const message = readMessage(data)
      if (message !== undefined) handler.onMessage(message)
      else {
        end({ code: 'not_bothways' })
        socket.close(1000)
      }
    })
    let failure: Ending | undefined
    socket.addEventListener('error', event => {
      // Node's classes say more than browsers may.
      const { error, doctor } = event ?? {}
      const status = error?.answer?.status
      const text = error?.message
      if (status !== undefined) failure = { ...endingOfStatus(status, text), doctor }
      else if (/inflat|compress|RSV1/i.test(String(text))) failure = { code: 'compression', text }
      else failure = { code: isOpen ? 'lost' : 'not_opened', text, doctor }
      cancel ??= environment.setTimer(() => end(failure as Ending), closeEventMs)
    })
    socket.addEventListener('close', ({ code, reason }) => {
      const said = endingOfClose(code, reason ? String(reason) : undefined)
      end(said.code === 'lost' ? (failure ?? { ...said, code: isOpen ? 'lost' : 'not_opened' }) : said)
    })
    return {
      send: (message, data) => {
        if (socket.readyState === 1) socket.send(textOf(message, data))
      },
      close: () => {
        isOver = true
        cancel?.()
        socket.close(1000)
      },
    }

    function unable(ending: Ending) {
      const stop = environment.setTimer(() => handler.onEnd(ending), 0)
      return { send: () => {}, close: stop }
    }
  },
}
