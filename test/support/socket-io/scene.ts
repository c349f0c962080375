import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import type { Server, ServerOptions } from '../../../drop-ins/socket.io/src/index.ts'

/** The events of a run, as text, in which names that differ from run to run have been replaced. */
export interface Trace {
  readonly log: readonly string[]
  readonly frames: readonly (readonly string[])[]
}

/** A client that sends and records messages as they are on the wire, below socket.io-client. */
export class RawClient {
  readonly frames: string[] = []
  readonly #socket: WebSocket
  #sentCount = 0
  readonly #waiting = new Set<() => void>()

  constructor(url: string, protocol: number, query: string) {
    const base = url.replace('http', 'ws')
    this.#socket = new WebSocket(`${base}/socket.io/?EIO=${protocol}&transport=websocket${query}`)
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#record(isBinary ? `<${data.toString('hex')}>` : data.toString())
    })
    this.#socket.on('close', () => this.#record('closed'))
    this.#socket.on('error', () => {})
  }

  /** Sends messages, and waits for as many frames as are expected besides those before. */
  async send(messages: readonly (string | Uint8Array)[], expected = 0): Promise<string[]> {
    const before = this.frames.length
    for (const message of messages) this.#socket.send(message)
    this.#sentCount += messages.length
    return (await this.until(before + expected)).slice(before)
  }

  /** Waits until there are so many frames. */
  async until(count: number): Promise<string[]> {
    while (this.frames.length < count) await new Promise<void>(resolve => this.#waiting.add(resolve))
    return this.frames
  }

  async closed(): Promise<void> {
    while (this.frames.at(-1) !== 'closed') await new Promise<void>(resolve => this.#waiting.add(resolve))
  }

  close(): void {
    this.#socket.close()
  }

  terminate(): void {
    this.#socket.terminate()
  }

  #record(frame: string): void {
    // The engine's handshake has its own tests.
    if (frame.startsWith('0{')) this.frames.push('0{open}')
    else this.frames.push(frame)
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** Where a script runs. */
export interface Scene {
  readonly io: Server
  /** Notes something on the server's side. */
  note(...what: unknown[]): void
  /** Waits until so much was noted. */
  noted(count: number): Promise<void>
  /** Connects, and waits for the engine's handshake. */
  open(options?: { protocol?: 3 | 4; query?: string }): Promise<RawClient>
  /** Connects, and joins a namespace. */
  join(namespace?: string, auth?: object): Promise<RawClient>
}

export type Script = (scene: Scene) => Promise<void> | void

export async function run(
  ServerClass: typeof Server,
  options: Partial<ServerOptions>,
  script: Script,
): Promise<Trace> {
  const http = createServer()
  const io = new ServerClass(http, { allowEIO3: true, serveClient: false, ...options })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const clients: RawClient[] = []
  const log: string[] = []
  const waiting = new Set<() => void>()
  const open: Scene['open'] = async ({ protocol = 4, query = '' } = {}) => {
    const client = new RawClient(url, protocol, query)
    clients.push(client)
    await client.until(protocol === 3 ? 2 : 1)
    return client
  }
  const scene: Scene = {
    io,
    note: (...what) => {
      log.push(what.map(asText).join(' '))
      for (const resolve of waiting) resolve()
      waiting.clear()
    },
    noted: async count => {
      while (log.length < count) await new Promise<void>(resolve => waiting.add(resolve))
    },
    open,
    join: async (namespace = '/', auth) => {
      const client = await open()
      const place = namespace === '/' ? '' : `${namespace},`
      await client.send([`40${place}${auth === undefined ? '' : JSON.stringify(auth)}`], 1)
      return client
    },
  }
  try {
    await script(scene)
  } finally {
    for (const client of clients) client.terminate()
    await Promise.all(clients.map(it => it.closed()))
    await io.close()
  }
  const names = new Map<string, string>()
  const frames = clients.map(it => it.frames.map(frame => rename(frame, names)))
  return { log: log.map(it => rename(it, names)), frames }
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return `Error(${value.message})`
  if (value instanceof Set) return `Set(${[...value].map(asText).join()})`
  if (ArrayBuffer.isView(value))
    return `<${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}>`
  if (typeof value === 'function') return 'function'
  if (Array.isArray(value)) return `[${value.map(asText).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}:${asText(item)}`)
      .join()}}`
  }
  return String(value)
}

/** Ids of sockets and sessions, in the order in which they come up. */
function rename(text: string, names: Map<string, string>): string {
  for (const [, id] of text.matchAll(/"(?:sid|pid)":"([^"]+)"/g)) {
    if (!names.has(id!)) names.set(id!, `ID${names.size}`)
  }
  let renamed = text
  for (const [id, name] of names) renamed = renamed.replaceAll(id, name)
  return renamed
}
