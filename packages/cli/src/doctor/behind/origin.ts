import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { acceptKey, Opcode, serializeFrame } from '@bothways/protocol'
import { Meter } from './meter.ts'
import { sendMessage } from './send-message.ts'

/** The origin's behaviour on a connection, besides answering pings and close frames. */
export type Plan =
  /** Greets. */
  | { readonly kind: 'greet' }
  /** Sends something every so many ms. */
  | { readonly kind: 'talk'; readonly everyMs: number }
  /** Says nothing. */
  | { readonly kind: 'listen' }
  /** Sends one message of so many bytes. */
  | { readonly kind: 'send'; readonly bytes: number }

/** A request as it came out of the proxy. */
export interface Arrival {
  readonly version: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** Counts the bytes that come behind the head. */
  readonly meter: Meter
}

export const tagName = 'X-Bothways-Doctor'
export const greeting = 'bothways doctor'

const maxHeadBytes = 32 * 1024

/** The server behind the proxy: remembers how requests arrive, and answers as a WebSocket server does. */
export class Origin {
  /** By their tags. */
  readonly arrivals: Map<string, Arrival> = new Map()
  /** By the tags of requests that are still to come. */
  readonly plans: Map<string, Plan> = new Map()
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(socket => this.#take(socket))

  async listen(port: number, host: string): Promise<number> {
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let head = ''
    const onData = (chunk: Buffer) => {
      head += chunk.toString('latin1')
      if (head.length > maxHeadBytes) socket.destroy()
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      socket.off('data', onData)
      this.#arrive(socket, head.slice(0, end))
    }
    socket.on('data', onData)
  }

  #arrive(socket: Socket, head: string): void {
    const arrival = { ...readHead(head), meter: new Meter(socket) }
    const tag = arrival.headers[tagName.toLowerCase()] ?? ''
    if (tag !== '') this.arrivals.set(tag, arrival)
    const key = arrival.headers['sec-websocket-key']
    if (!isUpgradeRequest(arrival) || key === undefined) {
      socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
    )
    follow(this.plans.get(tag) ?? { kind: 'greet' }, socket)
  }
}

function follow(plan: Plan, socket: Socket): void {
  socket.on('data', chunk => answerFrame(socket, chunk))
  if (plan.kind === 'greet') socket.write(serializeFrame(Buffer.from(greeting), { opcode: Opcode.Text }))
  if (plan.kind === 'send') void sendMessage(socket, plan.bytes)
  if (plan.kind === 'talk') {
    const timer = setInterval(() => socket.write(unaskedPong()), plan.everyMs)
    socket.on('close', () => clearInterval(timer))
  }
}

/** RFC 6455 §5.5.3: a pong that nobody asked for is a heartbeat in one direction, and is not answered. */
export function unaskedPong(maskingKey?: number): Uint8Array {
  return serializeFrame(new Uint8Array(0), {
    opcode: Opcode.Pong,
    ...(maskingKey !== undefined && { maskingKey }),
  })
}

/** Pings and close frames come whole: they are ours, and a few bytes long. */
function answerFrame(socket: Socket, chunk: Buffer): void {
  const opcode = chunk[0]! & 0x0f
  const isControl = chunk[0]! >= 0x80 && chunk.length <= 131
  if (!isControl || !socket.writable) return
  const length = chunk[1]! & 0x7f
  const payload = chunk.subarray(6, 6 + length).map((byte, index) => byte ^ chunk[2 + (index % 4)]!)
  if (opcode === Opcode.Ping) socket.write(serializeFrame(payload, { opcode: Opcode.Pong }))
  if (opcode === Opcode.Close) socket.end(serializeFrame(payload, { opcode: Opcode.Close }))
}

export function isUpgradeRequest({ headers }: Pick<Arrival, 'headers'>): boolean {
  return /\bupgrade\b/i.test(headers.connection ?? '') && /^websocket$/i.test(headers.upgrade ?? '')
}

function readHead(head: string): Omit<Arrival, 'meter'> {
  const [requestLine = '', ...lines] = head.split('\r\n')
  const [, target = '', version = ''] = /^\S+ (\S+) HTTP\/(\d\.\d)/.exec(requestLine) ?? []
  const headers: Record<string, string> = {}
  for (const text of lines) {
    const colon = text.indexOf(':')
    if (colon > 0) headers[text.slice(0, colon).toLowerCase()] = text.slice(colon + 1).trim()
  }
  return { version, target, headers }
}
