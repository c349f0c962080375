/** The flow of messages into an inbox: it holds the peer back while the application is busy, or has been for long enough. */
export interface Flow {
  pause(): void
  resume(): void
  /** Whether messages that wait may be handled now; false: others have their turn first, then {@link Inbox.goOn} is called. */
  hasTime(): boolean
  /** How many bytes wait for the application now. */
  countUnread(bytes: number): void
}

export interface InboxEvents<Message> {
  /** Whether {@link deliver} may be called. */
  readonly takesMessages: boolean
  /** Hands a message to the application. */
  deliver(message: Message): unknown
  /** The application's code failed. */
  onError(error: unknown): void
  /** Everything was handled and the connection is over. */
  onFinished(): unknown
  /** No handler runs any more, `onFinished` included. Called once. */
  onSettled(): void
}

interface Entry<Message> {
  readonly message: Message
  readonly bytes: number
}

/** Bytes that may wait for the application before the peer is made to wait. */
const highWaterMarkBytes = 64 * 1024

/** The states of an inbox: bits of one number, since a field for each would cost every connection 40 bytes more. */
const State = { Paused: 1, Iterated: 2, Discarding: 4, Ended: 8, Finished: 16, Settled: 32 } as const
type State = (typeof State)[keyof typeof State]

/** The bytes that a kept message costs besides its payload: a bound for floods of empty messages. */
const entryBytes = 64

/**
 * The messages of one socket on their way to the application: a handler, called with one after the other, or
 * `for await`. Messages that come while neither is there, or while the handler is busy, wait here up to a bound; then
 * nothing more is read, TCP makes the peer wait, and nothing is lost.
 */
export abstract class Inbox<Message> implements AsyncIterable<Message> {
  #events: InboxEvents<Message> | undefined
  #queue: Entry<Message>[] | undefined
  #queuedBytes = 0
  #state = 0
  /** `open` of a late {@link handle} may run beside another handler. */
  #runningCount = 0
  /** Calls of `next` that wait for a message, in order. */
  #awaiting: ((result: IteratorResult<Message, undefined>) => void)[] | undefined

  protected abstract readonly flow: Flow

  /** True when a handler or an iteration takes messages. */
  get hasConsumer(): boolean {
    return this.#is(State.Iterated) || this.#events?.takesMessages === true
  }

  /** Gives the inbox its handlers and runs `first` (the `open` handler) before any of them. */
  handle(events: InboxEvents<Message>, first?: () => unknown): void {
    this.#events = events
    this.#set(State.Finished, false)
    if (first !== undefined) this.#run(events, first)
    this.#pump()
  }

  push(message: Message, bytes: number): void {
    if (this.#is(State.Discarding)) return
    const events = this.#events
    if (events !== undefined && this.#queue === undefined && this.#canHandle(events)) {
      this.#handleMessage(events, message)
      return
    }
    const deliver = this.#queue === undefined ? this.#awaiting?.shift() : undefined
    if (deliver !== undefined) {
      deliver({ value: message, done: false })
      return
    }
    this.#queue ??= []
    this.#queue.push({ message, bytes: bytes + entryBytes })
    this.#queuedBytes += bytes + entryBytes
    this.#pump()
  }

  /** The connection is over: messages that wait are still handled, then {@link InboxEvents.onFinished}. */
  end(): void {
    this.#set(State.Ended)
    this.#pump()
  }

  /** There is time again. */
  goOn(): void {
    this.#pump()
  }

  /** Nothing that came or comes is handled any more; only {@link InboxEvents.onFinished} is to come. */
  discard(): void {
    this.#set(State.Discarding)
    this.#queue = undefined
    this.#queuedBytes = 0
    this.flow.countUnread(0)
    this.#endIterations()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    this.#set(State.Iterated)
    const iterator: AsyncIterableIterator<Message> = {
      next: () => this.#next(),
      return: () => {
        this.#set(State.Iterated, false)
        this.#endIterations()
        this.#pump()
        return Promise.resolve({ value: undefined, done: true })
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    this.#pump()
    return iterator
  }

  #is(state: State): boolean {
    return (this.#state & state) !== 0
  }

  #set(state: State, isOn = true): void {
    this.#state = isOn ? this.#state | state : this.#state & ~state
  }

  #next(): Promise<IteratorResult<Message, undefined>> {
    return new Promise(resolve => {
      this.#awaiting ??= []
      this.#awaiting.push(resolve)
      this.#pump()
    })
  }

  /** A call that waits gets the next message, or hears that there is none any more. */
  #answerIterations(): void {
    while (this.#awaiting !== undefined && this.#awaiting.length > 0) {
      if (this.#queue === undefined) {
        if (this.#is(State.Ended) || this.#is(State.Discarding)) this.#endIterations()
        return
      }
      if (!this.flow.hasTime()) return
      const value = this.#take()
      if (value !== undefined) this.#awaiting.shift()?.({ value, done: false })
    }
  }

  #endIterations(): void {
    for (const finish of this.#awaiting?.splice(0) ?? []) finish({ value: undefined, done: true })
  }

  /** Runs handlers, one at a time, as long as there is something to do; then adjusts the flow. */
  #pump(): void {
    const events = this.#events
    this.#answerIterations()
    while (events !== undefined && this.#queue !== undefined && this.#canHandle(events)) {
      if (!this.flow.hasTime()) break
      const message = this.#take()
      if (message === undefined) break
      this.#handleMessage(events, message)
    }
    this.#finish()
    if (this.#is(State.Finished) && this.#runningCount === 0) this.#tellSettled()
    this.#adjustFlow()
  }

  #tellSettled(): void {
    if (this.#is(State.Settled)) return
    this.#set(State.Settled)
    this.#events?.onSettled()
  }

  #canHandle(events: InboxEvents<Message>): boolean {
    return this.#runningCount === 0 && !this.#is(State.Iterated) && events.takesMessages
  }

  #run(events: InboxEvents<Message>, handler: () => unknown): void {
    try {
      this.#follow(handler())
    } catch (error) {
      events.onError(error)
    }
  }

  /** As {@link #run}, without a closure for each message. */
  #handleMessage(events: InboxEvents<Message>, message: Message): void {
    try {
      this.#follow(events.deliver(message))
    } catch (error) {
      events.onError(error)
    }
  }

  /** Holds everything else back while an asynchronous handler runs. */
  #follow(result: unknown): void {
    if (!isPromise(result)) return
    this.#runningCount++
    Promise.resolve(result)
      .catch(error => this.#events?.onError(error))
      .finally(() => {
        this.#runningCount--
        this.#pump()
      })
  }

  #take(): Message | undefined {
    const entry = this.#queue?.shift()
    if (entry === undefined) return undefined
    if (this.#queue?.length === 0) this.#queue = undefined
    this.#queuedBytes -= entry.bytes
    return entry.message
  }

  #finish(): void {
    if (!this.#is(State.Ended) || this.#is(State.Finished) || this.#events === undefined) return
    // An iteration may never come back for the messages that wait, and `open` may be the one that iterates.
    if (!this.#is(State.Iterated) && (this.#runningCount > 0 || (this.#queuedBytes > 0 && this.hasConsumer)))
      return
    this.#set(State.Finished)
    const events = this.#events
    this.#run(events, () => events.onFinished())
  }

  #adjustFlow(): void {
    // Over, and nobody is there to read: the queue is kept for as long as the program keeps the socket.
    const isLeft = this.#is(State.Finished) && !this.hasConsumer
    this.flow.countUnread(isLeft ? 0 : this.#queuedBytes)
    const shouldPause = this.#queuedBytes > highWaterMarkBytes
    if (shouldPause === this.#is(State.Paused)) return
    this.#set(State.Paused, shouldPause)
    if (shouldPause) this.flow.pause()
    else this.flow.resume()
  }
}

/** A handler's result is looked at only for whether the handler is over. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function'
}
