import type { WebSocketClass } from '@bothways/client'
import { ScriptedSocket } from './scripted-server.ts'

// biome-ignore lint/suspicious/noExplicitAny: messages of the wire
type Wire = any

/** The owner of a socket: messages that come are handled when it runs. */
interface Owner {
  later(work: () => void): void
}

/** The server of topics in its plainest form: one list for each topic, and positions that say the place in it. */
export class ModelServer {
  readonly topics: Map<string, { readonly key: string; readonly data: unknown }[]> = new Map()
  readonly open: Set<ModelSocket> = new Set<ModelSocket>()
  /** Sockets that were ever open. */
  socketCount = 0
  /** Calls to subscribe that were taken. */
  subscribedCount = 0
  /** The oldest place that history reaches back to. */
  oldest = 0
  /** Whether nobody may subscribe any more. */
  isForbidden = false
  /** Whether the next publication fails for now. */
  isBusy = false

  /** The class of WebSockets for one tab. */
  webSocketOf(owner: Owner): WebSocketClass {
    const server = this
    return class extends ModelSocket {
      constructor(url: string, protocols?: unknown, options?: unknown) {
        super(url, protocols, options, server, owner)
      }
    } as unknown as WebSocketClass
  }

  /** The data that the members of a topic made public. */
  presence(topic: string): unknown[] {
    return [...this.open].flatMap(socket => socket.subscribed.get(topic) ?? [])
  }

  list(topic: string): { readonly key: string; readonly data: unknown }[] {
    const list = this.topics.get(topic) ?? []
    this.topics.set(topic, list)
    return list
  }

  publish(topic: string, key: string, data: unknown): number {
    const list = this.list(topic)
    const known = list.findIndex(it => it.key === key)
    if (known >= 0) return known + 1
    list.push({ key, data })
    for (const socket of this.open) socket.publication(topic, list.length)
    return list.length
  }
}

class ModelSocket extends ScriptedSocket {
  readonly #server: ModelServer
  readonly subscribed: Map<string, unknown> = new Map()
  readonly #interrupted = new Set<string>()
  readonly owner: Owner

  constructor(url: string, protocols: unknown, options: unknown, server: ModelServer, owner: Owner) {
    super(url, protocols, options)
    this.owner = owner
    this.#server = server
    queueMicrotask(() => {
      if (this.closedWith !== undefined) return
      server.open.add(this)
      server.socketCount++
      void this.welcome()
    })
  }

  override say(message: Wire): void {
    this.owner.later(() => super.say(message))
  }

  override send(data: string): void {
    const message = JSON.parse(data)
    queueMicrotask(() => this.#server.open.has(this) && this.#take(message))
  }

  override close(code?: number): void {
    super.close(code)
    this.#server.open.delete(this)
  }

  override cut(code?: number): void {
    this.#server.open.delete(this)
    super.cut(code)
  }

  publication(topic: string, place: number): void {
    const { data } = this.#server.list(topic)[place - 1] as { data: unknown }
    if (this.subscribed.has(topic))
      this.say({ type: 'publication', topic, position: `p${place}`, data, at: 1 })
  }

  #take({ type, id, topic, since, last = 0, presence, state, key, data, restart, method }: Wire): void {
    const list = this.#server.list(topic ?? '')
    if (type === 'ping') this.say({ type: 'pong' })
    else if (type === 'subscribe' && this.subscribed.has(topic)) this.#fail(id, 'already_subscribed', false)
    else if (type === 'subscribe' && this.#server.isForbidden) this.#fail(id, 'forbidden', false)
    else if (type === 'subscribe') {
      this.#server.subscribedCount++
      const place = since === undefined ? undefined : Number(since.slice(1))
      const isThere = place !== undefined && place >= this.#server.oldest
      const from = isThere ? place : Math.max(this.#server.oldest, list.length - last)
      this.subscribed.set(topic, presence)
      const members = presence === undefined ? [] : [{ client: 'me', data: presence }]
      const recovered = since === undefined ? {} : { recovered: isThere }
      const isState = topic.startsWith('state/')
      const kind = state === !isState ? { state: isState } : {}
      this.say({ type: 'subscribed', id, topic, position: `p${from}`, members, ...recovered, ...kind })
      for (let n = from + 1; n <= list.length; n++) this.publication(topic, n)
    } else if (type === 'unsubscribe') {
      this.subscribed.delete(topic)
      this.say({ type: 'unsubscribed', id, topic })
    } else if (type === 'publish') {
      if (restart) this.#interrupted.delete(topic)
      if (this.#interrupted.has(topic)) this.#fail(id, 'out_of_order', true)
      else if (this.#server.isBusy) {
        this.#server.isBusy = false
        this.#interrupted.add(topic)
        this.#fail(id, 'busy', true)
      } else this.say({ type: 'published', id, position: `p${this.#server.publish(topic, key, data)}` })
    } else if (type === 'request') this.say({ type: 'response', id, data: [method, data] })
  }

  #fail(id: number, code: string, retryable: boolean): void {
    this.say({ type: 'error', id, code, message: '', retryable })
  }
}
