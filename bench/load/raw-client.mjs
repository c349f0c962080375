import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'

/** A WebSocket client that looks at bytes only, so that the load costs less than what it measures. */
class RawClient {
  /** Called with the number of bytes that have come. */
  onBytes = undefined
  /** Called with the bytes that have come, frame headers and all, as text. */
  onText = undefined
  #socket
  #text = ''

  constructor(socket) {
    this.#socket = socket
    socket.on('data', bytes => {
      if (this.onBytes !== undefined) this.onBytes(bytes.length)
      else if (this.onText !== undefined) this.onText(bytes.toString('latin1'))
      else this.#text += bytes.toString('latin1')
    })
  }

  /** Waits until some text has come. @returns all that has come so far */
  async until(text) {
    while (!this.#text.includes(text)) await once(this.#socket, 'data')
    return this.#text
  }

  /** Sends one text frame of ASCII (RFC 6455 §5.2), masked with zeros. */
  send(text) {
    const { length } = text
    const head =
      length < 126
        ? Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0])
        : Buffer.from([0x81, 0x80 | 126, length >> 8, length & 0xff, 0, 0, 0, 0])
    this.#socket.write(Buffer.concat([head, Buffer.from(text, 'latin1')]))
  }

  end() {
    this.#socket.destroy()
  }
}

/** Connects, and with a subprotocol waits for the welcome. */
export async function connectRaw(port, subprotocol) {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  const client = new RawClient(socket)
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n${subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`}\r\n`,
  )
  await client.until(subprotocol === undefined ? '\r\n\r\n' : '"welcome"')
  return client
}
