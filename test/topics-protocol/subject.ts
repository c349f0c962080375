import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { type Child, startChild } from '@bothways/test-support/child'
import { bin } from '@bothways/test-support/command'
import { WebSocket } from 'ws'

// biome-ignore lint/suspicious/noExplicitAny: answers of the wire, as they come
export type Wire = any

let child: Child | undefined
let base = process.env.BOTHWAYS_TOPICS_URL ?? ''
const opened = new Set<{ end(): void }>()
let roomCount = 0

/** The server under test: that of `BOTHWAYS_TOPICS_URL` (`http://host:port/bothways`), or a `serve` of its own. */
export async function startSubject(): Promise<void> {
  if (base !== '') return
  child = await startChild('node', [bin, 'serve', '--port', '0', '--no-page'])
  base = `${/listening on (\S+?)\/?$/.exec(child.firstLine)?.[1]}/bothways`
}

export async function stopSubject(): Promise<void> {
  await child?.stop()
}

/** Leaves everything that a test has opened. */
export function leaveAll(): void {
  for (const one of opened) one.end()
  opened.clear()
}

/** Whether the server was started here, so that it may be stopped. */
export const isOwnSubject: boolean = process.env.BOTHWAYS_TOPICS_URL === undefined

/** A room that no other test, and no earlier run, has used. */
export const newRoom = (): string => `room/${process.pid}-${Date.now()}-${++roomCount}`

export const origin = (): string => new URL(base).origin

/** One client over WebSocket, which keeps what it has got. */
export class Client {
  readonly socket: WebSocket
  readonly got: Wire[] = []
  readonly closed: Promise<number>
  #taken = 0
  #wake: () => void = () => {}

  constructor() {
    this.socket = new WebSocket(base.replace(/^http/, 'ws'), 'bothways.v1')
    this.socket.on('message', data => {
      this.got.push(JSON.parse(String(data)))
      this.#wake()
    })
    this.closed = new Promise(resolve => this.socket.once('close', resolve))
    void this.closed.then(() => this.#wake())
    opened.add({ end: () => this.socket.terminate() })
  }

  /** A client that was welcomed. */
  static async join(): Promise<Client> {
    const client = new Client()
    await client.next()
    return client
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** The next message, or the next of a type; messages between are passed over. */
  async next(type?: string): Promise<Wire> {
    for (;;) {
      const message = this.got[this.#taken]
      if (message === undefined) {
        if (this.socket.readyState === WebSocket.CLOSED)
          throw new Error(`Closed before ${type ?? 'a message'} came.`)
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        continue
      }
      this.#taken++
      if (type === undefined || message.type === type) return message
    }
  }

  /** Sends a call and waits for its answer. */
  async call(message: { readonly id: number | string } & Record<string, unknown>): Promise<Wire> {
    this.send(message)
    for (;;) {
      const answer = await this.next()
      if (answer.id === message.id) return answer
    }
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Wire
}

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

function open(path: string, { method = 'GET', headers = {}, body }: Asked): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(`${base}/${path}`, { method, headers, agent: false }, resolve)
    asked.once('error', reject)
    opened.add({ end: () => asked.destroy() })
    asked.end(body)
  })
}

/** One request by plain HTTP. Unlike `fetch`, it sends every header that it is given. */
export async function ask(path: string, asked: Asked = {}): Promise<Answer> {
  const response = await open(path, asked)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const isJson = response.headers['content-type']?.startsWith('application/json') === true && text !== ''
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

export const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
  })

export interface StreamEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: Wire
}

/** An event stream, read event by event (HTML §9.2.6, for the fields that the contract uses). */
export class Events {
  readonly response: IncomingMessage
  readonly #texts: AsyncIterator<string>
  #text = ''

  private constructor(response: IncomingMessage) {
    this.response = response.setEncoding('utf8')
    this.#texts = response[Symbol.asyncIterator]()
  }

  static async open(path: string, headers: Record<string, string> = {}): Promise<Events> {
    return new Events(await open(path, { headers }))
  }

  async next(name?: string): Promise<StreamEvent> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end < 0) {
        const { value, done } = await this.#texts.next()
        if (done) throw new Error('The stream has ended.')
        this.#text += value
        continue
      }
      const block = this.#text.slice(0, end)
      this.#text = this.#text.slice(end + 2)
      const field = (of: string) => new RegExp(`^${of}: (.*)$`, 'm').exec(block)?.[1]
      const data = field('data')
      if (data === undefined || (name !== undefined && field('event') !== name)) continue
      return { id: field('id'), event: field('event'), data: JSON.parse(data) }
    }
  }

  /** Reads to the end. @returns how long it said to wait, in ms */
  async retryAtEnd(): Promise<number> {
    for (;;) {
      const { value, done } = await this.#texts.next()
      if (done) return Number(/^retry: (\d+)$/m.exec(this.#text)?.[1])
      this.#text += value
    }
  }

  leave(): void {
    this.response.destroy()
  }
}
