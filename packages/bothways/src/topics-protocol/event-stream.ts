import type { ServerResponse } from 'node:http'
import type { Channel, Sink } from '../connection/channel.ts'
import type { Publication } from '../connection/sending/publication.ts'
import { WireFormat } from '../connection/sending/publication.ts'
import type { SendOutcome } from '../connection/sending/send-outcome.ts'

/** How often a comment goes out at least, so that nobody takes the stream for dead, in ms. */
const commentMs = 20_000

interface EventText {
  readonly topic: string
  /** Of a publication or state. */
  readonly position: string | undefined
  readonly text: string
}

interface Message {
  readonly type: string
  readonly topic: string
  readonly position?: string
}

/** An event without its id: that differs from stream to stream. */
const eventText = new WireFormat<EventText>(({ data }) => {
  const { type, topic, position } = JSON.parse(data as string) as Message
  // An EventSource takes an event called error for a failure of its own.
  const name = type === 'error' ? 'failure' : type
  return { topic, position, text: `event: ${name}\ndata: ${data as string}\n\n` }
})

/** One response of `text/event-stream` (HTML §9.2), with an id for all its topics together. */
export class EventStream implements Channel<object>, Sink {
  readonly #response: ServerResponse
  readonly #positions: Map<string, string>
  readonly #writeId: (positions: ReadonlyMap<string, string>) => string
  readonly #timer: NodeJS.Timeout

  constructor(
    response: ServerResponse,
    positions: Map<string, string>,
    writeId: (positions: ReadonlyMap<string, string>) => string,
  ) {
    this.#response = response
    this.#positions = positions
    this.#writeId = writeId
    this.#timer = setInterval(() => this.#write(': still here\n\n'), commentMs)
    response.once('close', () => clearInterval(this.#timer))
  }

  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded
  }

  get bufferedAmount(): number {
    return this.#response.writableLength
  }

  /** A message of a topic. */
  sendShared(message: Publication): SendOutcome {
    const { topic, position, text } = message.encoded(eventText)
    if (position !== undefined) this.#positions.set(topic, position)
    return this.#write(position === undefined ? text : `${this.#idLine()}${text}`)
  }

  /** Where a topic stands; told with the next event. */
  stand(topic: string, position: string): void {
    this.#positions.set(topic, position)
  }

  /** An event that is no publication; it carries where the stream stands now. */
  send(message: object): SendOutcome {
    const { type } = message as { readonly type: string }
    const name = type === 'error' ? 'failure' : type
    return this.#write(`${this.#idLine()}event: ${name}\ndata: ${JSON.stringify(message)}\n\n`)
  }

  /** How long the client is to wait, once this has ended, before it comes back. */
  sayRetry(retryMs: number): void {
    this.#write(`retry: ${retryMs}\n\n`)
  }

  close(): void {
    clearInterval(this.#timer)
    if (!this.#response.writableEnded) this.#response.end()
  }

  terminate(): void {
    this.#response.destroy()
  }

  #idLine(): string {
    return this.#positions.size === 0 ? '' : `id: ${this.#writeId(this.#positions)}\n`
  }

  #write(text: string): SendOutcome {
    if (!this.isOpen) return 'refused'
    return this.#response.write(text) ? 'sent' : 'queued'
  }
}
