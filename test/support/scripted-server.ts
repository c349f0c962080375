import type { WebSocketClass } from '@bothways/client'
import { settled } from './virtual-environment.ts'

// biome-ignore lint/suspicious/noExplicitAny: messages of the wire, as a test writes them
type Wire = any

/** One WebSocket as the server of a test sees it: the client's messages, and those to the client. */
export class ScriptedSocket {
  readonly url: string
  readonly protocols: unknown
  readonly options: unknown
  binaryType = 'blob'
  readyState = 0
  readonly protocol = 'bothways.v1'
  readonly bufferedAmount = 0
  readonly #listeners = new Map<string, ((event: object) => void)[]>()
  readonly #sent: Wire[] = []
  /** How the client closed it, if it did. */
  closedWith: number | undefined

  constructor(url: string, protocols?: unknown, options?: unknown) {
    this.url = url
    this.protocols = protocols
    this.options = options
  }

  // As the client uses it.

  addEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }

  send(data: string): void {
    this.#sent.push(JSON.parse(data))
  }

  close(code = 1005): void {
    this.closedWith = code
    this.readyState = 2
  }

  // As the test uses it.

  emit(type: string, event: object = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event)
  }

  open(): void {
    this.readyState = 1
    this.emit('open')
  }

  say(message: Wire): void {
    this.emit('message', { data: JSON.stringify(message) })
  }

  /** Open and welcome. */
  async welcome(more: object = {}): Promise<void> {
    this.open()
    await settled()
    this.say({
      type: 'welcome',
      client: 'me',
      pingMs: 25_000,
      maxMessageBytes: 131_072,
      keyWindowMs: 300_000,
      ...more,
    })
    await settled()
  }

  /** The connection ends. */
  cut(code = 1006, reason = ''): void {
    this.readyState = 3
    this.emit('close', { code, reason, wasClean: code !== 1006 })
  }

  /** The messages that have come since the last call, of a type if one is named; the rest is dropped then. */
  taken(type?: string): Wire[] {
    const all = this.#sent.splice(0)
    return type === undefined ? all : all.filter(message => message.type === type)
  }
}

/** A class of WebSockets whose other end is the test. */
export function scriptedSockets(): {
  readonly sockets: ScriptedSocket[]
  readonly WebSocket: WebSocketClass
} {
  const sockets: ScriptedSocket[] = []
  class Scripted extends ScriptedSocket {
    constructor(url: string, protocols?: unknown, options?: unknown) {
      super(url, protocols, options)
      sockets.push(this)
    }
  }
  return { sockets, WebSocket: Scripted as unknown as WebSocketClass }
}
