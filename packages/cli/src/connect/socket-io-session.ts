import { Decoder, Encoder, type Packet, PacketType } from '@bothways/socket.io/parser'
import type { ConnectOptions, SocketIoOptions } from './connect-options.ts'
import type { Conversation } from './conversation.ts'
import { Session } from './session.ts'
import type { Payload, SessionEvent } from './session-event.ts'
import { parseSocketIoLine } from './socket-io-line.ts'

/** Packets of Engine.IO 4 by their first character. */
const Engine = { Open: '0', Close: '1', Ping: '2', Pong: '3', Message: '4' } as const

/** How long a server may take to let the namespace in, in ms. */
const answerTimeoutMs = 8_000

/** Where Engine.IO is behind a URL, and the namespace: its path, as for `io('http://host/namespace')`. */
export function socketIoUrl(url: string, path: string): { readonly url: string; readonly namespace: string } {
  if (!URL.canParse(url)) return { url, namespace: '/' }
  const engine = new URL(url)
  const namespace = engine.pathname
  engine.pathname = path
  engine.searchParams.set('EIO', '4')
  engine.searchParams.set('transport', 'websocket')
  return { url: engine.href, namespace }
}

/** A session that speaks Socket.IO 5 on Engine.IO 4: lines are events, and events are told instead of messages. */
export class SocketIoSession implements Conversation {
  readonly #session: Session
  readonly #socketIo: SocketIoOptions
  readonly #hello: readonly Payload[]
  readonly #namespace: string
  readonly #tell: (event: SessionEvent) => void
  readonly #encoder = new Encoder()
  #decoder = new Decoder()
  #isConnected = false
  #opening: SessionEvent | undefined
  #nextId = 0
  #timer: NodeJS.Timeout | undefined
  readonly opened: Promise<boolean>
  readonly closed: Promise<void>
  #onOpened: (isOpen: boolean) => void = () => {}
  #waiting: (() => void)[] = []

  constructor(options: ConnectOptions, socketIo: SocketIoOptions, tell: (event: SessionEvent) => void) {
    const { url, namespace } = socketIoUrl(options.url, socketIo.path)
    this.#namespace = namespace
    this.#socketIo = socketIo
    this.#hello = options.hello
    this.#tell = tell
    this.opened = new Promise(resolve => {
      this.#onOpened = resolve
    })
    this.#session = new Session({ ...options, url, hello: [] }, event => this.#take(event))
    this.closed = this.#session.closed.then(() => {
      this.#onOpened(false)
      this.#wake()
    })
  }

  get isOpen(): boolean {
    return this.#isConnected && this.#session.isOpen
  }

  get isOver(): boolean {
    return this.#session.isOver
  }

  get isBusy(): boolean {
    return this.#session.isBusy
  }

  async ready(): Promise<boolean> {
    while (!this.isOpen && !this.isOver) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    return this.isOpen
  }

  /** Emits the event of a line; bytes are an event `message`. */
  send(payload: Payload): void {
    if (typeof payload !== 'string') {
      this.#emit('message', [Buffer.from(payload)], undefined)
      return
    }
    const line = parseSocketIoLine(payload)
    if (line === undefined) return
    if (line.type === 'emit') this.#emit(line.name, line.args, line.wantsAck ? this.#nextId++ : undefined)
    else {
      this.#write({ type: PacketType.ACK, nsp: this.#namespace, id: line.id, data: [...line.args] })
      this.#tell({ type: 'acknowledged', id: line.id, args: line.args })
    }
  }

  async hasRoom(): Promise<void> {
    await this.#session.hasRoom()
  }

  async roundTrip(): Promise<number | undefined> {
    return await this.#session.roundTrip()
  }

  async ping(): Promise<void> {
    await this.#session.ping()
  }

  close(code?: number, reason?: string): void {
    if (this.isOpen) this.#write({ type: PacketType.DISCONNECT, nsp: this.#namespace })
    this.#isConnected = false
    this.#session.close(code, reason)
  }

  terminate(): void {
    this.#session.terminate()
  }

  #emit(name: string, args: readonly unknown[], id: number | undefined): void {
    this.#write({ type: PacketType.EVENT, nsp: this.#namespace, id, data: [name, ...args] })
    this.#tell({ type: 'emitted', name, args, ...(id !== undefined && { id }) })
  }

  #write(packet: Packet): void {
    const [text, ...attachments] = this.#encoder.encode(packet)
    this.#session.send(`${Engine.Message}${text}`)
    for (const bytes of attachments) this.#session.send(bytes as Uint8Array)
  }

  /** Turns the events of the WebSocket into those of Socket.IO. */
  #take(event: SessionEvent): void {
    switch (event.type) {
      case 'open':
        this.#opening = event
        this.#decoder = new Decoder()
        this.#decoder.on('decoded', packet => this.#takePacket(packet))
        this.#timer = setTimeout(() => {
          this.#fail(`The server did not answer as Socket.IO 5 within ${answerTimeoutMs} ms.`)
        }, answerTimeoutMs)
        return
      case 'sent':
        return
      case 'received':
        try {
          this.#takeMessage(event.payload)
        } catch (error) {
          this.#fail(`The server does not speak Socket.IO 5: ${(error as Error).message}.`)
        }
        return
      case 'close':
        clearTimeout(this.#timer)
        this.#isConnected = false
    }
    this.#tell(event)
  }

  #takeMessage(message: Payload): void {
    if (typeof message !== 'string') {
      this.#decoder.add(message)
      return
    }
    const rest = message.slice(1)
    switch (message[0]) {
      case Engine.Open:
        this.#write({ type: PacketType.CONNECT, nsp: this.#namespace, data: this.#socketIo.auth })
        return
      case Engine.Ping:
        this.#session.send(`${Engine.Pong}${rest}`)
        return
      case Engine.Message:
        this.#decoder.add(rest)
        return
      case Engine.Close:
        this.#session.close(1000)
        return
      default:
        throw new Error(`got ${JSON.stringify(message.slice(0, 40))}`)
    }
  }

  #takePacket({ type, nsp, id, data }: Packet): void {
    if (nsp !== this.#namespace) return
    switch (type) {
      case PacketType.CONNECT:
        clearTimeout(this.#timer)
        this.#isConnected = true
        if (this.#opening !== undefined) this.#tell(this.#opening)
        for (const line of this.#hello) this.send(line)
        this.#onOpened(true)
        this.#wake()
        return
      case PacketType.EVENT: {
        const [name, ...args] = data
        this.#tell({ type: 'event', name: String(name), args, ...(id !== undefined && { id }) })
        return
      }
      case PacketType.ACK:
        this.#tell({ type: 'ack', id: id ?? 0, args: data })
        return
      case PacketType.CONNECT_ERROR:
        this.#fail(`The namespace ${nsp} refuses: ${typeof data === 'string' ? data : data?.message}.`)
        return
      case PacketType.DISCONNECT:
        this.#fail(`The server has disconnected this client from ${nsp}.`)
    }
  }

  #fail(message: string): void {
    clearTimeout(this.#timer)
    this.#tell({ type: 'error', error: new Error(message) })
    this.#isConnected = false
    this.#session.close(1000)
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
