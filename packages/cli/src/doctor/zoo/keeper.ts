import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { type Draft, wordFinding } from '../catalogue/draft.ts'
import { type DiagnoseOptions, diagnose } from '../diagnose.ts'
import { recognise } from '../rules/products.ts'

const cleanups: (() => unknown)[] = []

export function later(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

/** Ends everything that the tests of a file have started. */
export async function closeAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
}

/** Listens on a free port of the loopback, until `closeAll`. */
export async function open(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  }
  server.on('connection', keep)
  server.listen(0, host)
  await once(server, 'listening')
  later(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  })
  return (server.address() as AddressInfo).port
}

/** A server that is written by hand: `onConnection` is all that it does. */
export async function rawServer(onConnection: (socket: Socket) => void, tls?: TlsOptions): Promise<number> {
  if (tls === undefined) return await open(createServer(onConnection))
  const server = createTlsServer(tls, onConnection)
  server.on('tlsClientError', () => {})
  return await open(server as unknown as Server)
}

/** Answers each request, by its head, with bytes; undefined: never. */
export async function answering(
  answer: (head: string, socket: Socket) => string | Buffer | undefined,
  tls?: TlsOptions,
): Promise<number> {
  return await rawServer(socket => {
    let head = ''
    socket.on('data', chunk => {
      if (head.includes('\r\n\r\n')) return
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const bytes = answer(head, socket)
      if (bytes !== undefined) socket.write(bytes)
    })
  }, tls)
}

/** An HTTP answer that ends its connection. */
export function http(status: string, body = '', headers = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n${headers}\r\n${body}`
}

export function isUpgrade(head: string): boolean {
  return /^upgrade: websocket/im.test(head) && /^connection:.*upgrade/im.test(head)
}

export function header(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim()
}

export function accept(head: string): string {
  return createHash('sha1')
    .update(`${header(head, 'Sec-WebSocket-Key')}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
}

/** A right 101, with further lines. */
export function switching(head: string, lines = ''): string {
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept(head)}\r\n${lines}\r\n`
}

/** A WebSocket server that sends these bytes as soon as it is open, and answers pings and close frames. */
export async function opening(bytes: Uint8Array | ((socket: Socket) => void), lines = ''): Promise<number> {
  return await answering((head, socket) => {
    if (!isUpgrade(head)) return http('426 Upgrade Required')
    socket.write(switching(head, lines))
    if (typeof bytes === 'function') bytes(socket)
    else socket.write(bytes)
    return undefined
  })
}

export interface Told {
  /** Codes of errors and warnings, in order. */
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly drafts: readonly Draft[]
  /** The questions to answer next, in English. */
  readonly questions: readonly (string | undefined)[]
  /** All of it in English. */
  readonly text: string
}

export async function examine(url: string, options: DiagnoseOptions = {}): Promise<Told> {
  const { drafts, evidence } = await diagnose(url, options)
  const products = evidence === undefined ? [] : recognise(evidence).products
  const findings = drafts.map(draft => wordFinding(draft, 'en', products))
  const text = findings
    .map(({ title, advice, evidence }) => [title, ...evidence, advice].join('\n'))
    .join('\n')
  const short = ({ code }: Draft) => code.replace('BW_DOCTOR_', '')
  return {
    problems: drafts.filter(({ severity }) => severity !== 'info').map(short),
    notes: drafts.filter(({ severity }) => severity === 'info').map(short),
    drafts,
    questions: findings.map(({ question }) => question),
    text,
  }
}
