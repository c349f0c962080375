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
  /** No handler runs any more, `onFinished` included. May be called again. */
  onSettled(): void
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
  /** `open` of a late {@link handle} may run beside another handler. */
  #runningCount = 0
  #isEnded = false
  #isFinished = false
  #isIterated = false
  /** Calls of `next` that wait for a message, in order. */
  #awaiting: ((result: IteratorResult<Message, undefined>) => void)[] = []

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
    const deliver = this.#awaiting.shift()
    if (deliver !== undefined) {
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
    this.#endIterations()
    this.#pump()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    this.#isIterated = true
    const iterator: AsyncIterableIterator<Message> = {
      next: () => this.#next(),
      return: () => {
        this.#isIterated = false
        this.#endIterations()
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
      this.#awaiting.push(resolve)
    })
  }

  /** While one waits, the queue is empty. */
  #endIterations(): void {
    for (const finish of this.#awaiting.splice(0)) finish({ value: undefined, done: true })
  }

  /** Runs handlers, one at a time, as long as there is something to do; then adjusts the flow. */
  #pump(): void {
    const onMessage = this.#events?.onMessage
    while (onMessage !== undefined && this.#runningCount === 0 && !this.#isIterated) {
      const message = this.#take()
      if (message === undefined) break
      this.#run(onMessage, message)
    }
    this.#finish()
    if (this.#isFinished && this.#runningCount === 0) this.#events?.onSettled()
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
    this.#runningCount++
    Promise.resolve(result)
      .catch(error => this.#events?.onError(error))
      .finally(() => {
        this.#runningCount--
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
    if (!this.#isIterated && (this.#runningCount > 0 || (this.#queue.length > 0 && this.hasConsumer))) return
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
