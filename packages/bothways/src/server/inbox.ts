/** What holds the peer back while the application is busy. */
export interface Flow {
  pause(): void
  resume(): void
}

export interface InboxEvents<Message> {
  /** The application's code failed. */
  onError(error: unknown): void
  /** Everything was handled and the connection is over. */
  readonly onFinished: () => void | Promise<void>
  /** Undefined when there is no message handler. */
  readonly onMessage: ((message: Message) => void | Promise<void>) | undefined
}

interface Entry<Message> {
  readonly message: Message
  readonly bytes: number
}

/** Bytes that may wait for the application before the peer is made to wait. */
const highWaterMarkBytes = 64 * 1024

/** What keeping a message costs besides its payload: a bound for floods of empty messages. */
const entryBytes = 64

/**
 * The messages of one socket on their way to the application: a handler, called with one after the other, or
 * `for await`. What comes while neither is there, or while the handler is busy, waits here up to a bound; then
 * nothing more is read, TCP makes the peer wait, and nothing is lost.
 */
export class Inbox<Message> implements AsyncIterable<Message> {
  readonly #flow: Flow
  #events: InboxEvents<Message> | undefined
  #queue: Entry<Message>[] = []
  #queuedBytes = 0
  #isPaused = false
  #isRunning = false
  #isEnded = false
  #isFinished = false
  #isIterated = false
  #awaiting: ((result: IteratorResult<Message, undefined>) => void) | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  /** True when a handler or an iteration takes messages. */
  get hasConsumer(): boolean {
    return this.#isIterated || this.#events?.onMessage !== undefined
  }

  /** Gives the inbox its handlers and runs `first` (the `open` handler) before any of them. */
  handle(events: InboxEvents<Message>, first?: () => void | Promise<void>): void {
    this.#events = events
    this.#isFinished = false
    if (first !== undefined) this.#run(first, undefined)
    this.#pump()
  }

  push(message: Message, bytes: number): void {
    if (this.#awaiting !== undefined) {
      const deliver = this.#awaiting
      this.#awaiting = undefined
      deliver({ value: message, done: false })
      return
    }
    this.#queue.push({ message, bytes: bytes + entryBytes })
    this.#queuedBytes += bytes + entryBytes
    this.#pump()
  }

  /** The connection is over: what waits is still handled, then {@link InboxEvents.onFinished}. */
  end(): void {
    this.#isEnded = true
    if (this.#queue.length === 0) this.#awaiting?.({ value: undefined, done: true })
    this.#pump()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    this.#isIterated = true
    const iterator: AsyncIterableIterator<Message> = {
      next: () => this.#next(),
      return: () => {
        this.#isIterated = false
        this.#awaiting?.({ value: undefined, done: true })
        this.#awaiting = undefined
        this.#pump()
        return Promise.resolve({ value: undefined, done: true })
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    this.#pump()
    return iterator
  }

  #next(): Promise<IteratorResult<Message, undefined>> {
    const first = this.#take()
    if (first !== undefined) {
      this.#pump()
      return Promise.resolve({ value: first, done: false })
    }
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true })
    return new Promise(resolve => {
      this.#awaiting = resolve
    })
  }

  /** Runs handlers, one at a time, as long as there is something to do; then adjusts the flow. */
  #pump(): void {
    const onMessage = this.#events?.onMessage
    while (onMessage !== undefined && !this.#isRunning && !this.#isIterated) {
      const message = this.#take()
      if (message === undefined) break
      this.#run(onMessage, message)
    }
    this.#finish()
    this.#adjustFlow()
  }

  #run<Argument>(handler: (argument: Argument) => void | Promise<void>, argument: Argument): void {
    let result: void | Promise<void>
    try {
      result = handler(argument)
    } catch (error) {
      this.#events?.onError(error)
      return
    }
    if (result === undefined || typeof result.then !== 'function') return
    this.#isRunning = true
    Promise.resolve(result)
      .catch(error => this.#events?.onError(error))
      .finally(() => {
        this.#isRunning = false
        this.#pump()
      })
  }

  #take(): Message | undefined {
    const entry = this.#queue.shift()
    if (entry === undefined) return undefined
    this.#queuedBytes -= entry.bytes
    return entry.message
  }

  #finish(): void {
    if (!this.#isEnded || this.#isFinished || this.#events === undefined) return
    // An iteration may never come back for what waits, and `open` may be the one that iterates.
    if (!this.#isIterated && (this.#isRunning || (this.#queue.length > 0 && this.hasConsumer))) return
    this.#isFinished = true
    this.#run(this.#events.onFinished, undefined)
  }

  #adjustFlow(): void {
    const shouldPause = this.#queuedBytes > highWaterMarkBytes
    if (shouldPause === this.#isPaused) return
    this.#isPaused = shouldPause
    if (shouldPause) this.#flow.pause()
    else this.#flow.resume()
  }
}
