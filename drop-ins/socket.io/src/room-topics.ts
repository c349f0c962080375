import type { Adapter } from './adapter.ts'
import type { Room } from './broadcast-options.ts'
import type { RawData } from './engine-binding.ts'
import { type Packet, PacketType } from './parser/packet.ts'

type TopicListener = (message: string | Buffer) => void

/** The methods of a `Server` of package `bothways` that this uses. */
export interface TopicServer {
  subscribe(topic: string, listener: TopicListener): () => void
  publish(
    topic: string,
    data: string | ArrayBufferView | ArrayBuffer,
    options?: { except?: TopicListener },
  ): number
}

/** The namespace as {@link RoomTopics} uses it. */
interface TopicNamespace {
  readonly name: string
  readonly sockets: { has(id: string): boolean }
}

interface Subscription {
  readonly listener: TopicListener
  readonly end: () => void
  /** The room is empty: it ends soon. */
  timer?: NodeJS.Timeout | undefined
}

/**
 * The rooms of a namespace as topics of a WebSocket server: its plain subscribers get the room's events, as the text
 * `["event", …]`, and the room's clients get the topic's publications, as the event `message`.
 */
export class RoomTopics {
  readonly #server: TopicServer
  readonly #nsp: TopicNamespace
  readonly #subscriptions = new Map<Room, Subscription>()

  constructor(server: TopicServer, nsp: TopicNamespace) {
    this.#server = server
    this.#nsp = nsp
  }

  /**
   * Subscribes as long as there is somebody in a room.
   *
   * @param lingerMs how long a client that has left it may come back, and wants to have the publications of that time
   */
  follow(adapter: Adapter, lingerMs: number): void {
    adapter.on('create-room', (room: Room) => {
      if (this.#isOwn(room)) return
      const present = this.#subscriptions.get(room)
      if (present !== undefined) {
        clearTimeout(present.timer)
        return
      }
      const listener: TopicListener = message => this.#hear(adapter, room, message)
      this.#subscriptions.set(room, { listener, end: this.#server.subscribe(this.#topicOf(room), listener) })
    })
    adapter.on('delete-room', (room: Room) => {
      const present = this.#subscriptions.get(room)
      if (present === undefined) return
      const end = (): void => {
        present.end()
        this.#subscriptions.delete(room)
      }
      if (lingerMs === 0) end()
      else present.timer = setTimeout(end, lingerMs).unref()
    })
  }

  close(): void {
    for (const { end, timer } of this.#subscriptions.values()) {
      clearTimeout(timer)
      end()
    }
    this.#subscriptions.clear()
  }

  /**
   * Tells the plain subscribers of rooms of an event. Bytes in it have placeholders in the text, and follow as
   * messages of their own.
   *
   * @param text made by `argumentsTextOf`
   */
  publish(rooms: ReadonlySet<Room>, text: string, attachments: readonly RawData[]): void {
    for (const room of rooms) {
      if (this.#isOwn(room)) continue
      const topic = this.#topicOf(room)
      const except = this.#subscriptions.get(room)?.listener
      const options = except && { except }
      this.#server.publish(topic, text, options)
      for (const attachment of attachments) this.#server.publish(topic, attachment, options)
    }
  }

  #hear(adapter: Adapter, room: Room, message: string | Buffer): void {
    const packet: Packet = { type: PacketType.EVENT, nsp: this.#nsp.name, data: ['message', message] }
    adapter.broadcast(packet, { rooms: new Set([room]), flags: { local: true }, isFromTopic: true })
  }

  /** Everybody has a room of their own, named by a secret: that is no topic. */
  #isOwn(room: Room): boolean {
    return this.#nsp.sockets.has(room)
  }

  #topicOf(room: Room): string {
    const { name } = this.#nsp
    return name === '/' ? room : `${name}#${room}`
  }
}
