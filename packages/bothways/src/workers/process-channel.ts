import type { IpcChannel } from './messages.ts'

/** The most that may wait for the process at the other end, in characters of JSON. */
const maxWaiting = 64 * 1024 * 1024

/** Ours among the messages of a program, which may send some of its own. */
const mark = 'bothways'

/** The members that `process` of a worker and the `ChildProcess` of the primary have in common. */
interface OtherProcess {
  readonly connected: boolean
  readonly channel?: { unref(): void } | null | undefined
  send?(message: object, whenTaken: () => void): boolean
  on(event: 'message', listener: (message: unknown) => void): unknown
}

/** A channel to another process: by `process.send`, the message within an object of ours. */
export class ProcessChannel<In, Out> implements IpcChannel<Out> {
  readonly #process: OtherProcess
  readonly #onFull: () => void
  #waiting = 0

  /** @param onFull it does not take the messages that it is sent */
  constructor(process: OtherProcess, receive: (message: In) => void, onFull: () => void) {
    this.#process = process
    this.#onFull = onFull
    process.on('message', message => {
      const ours = read(message)
      if (ours !== undefined) receive(ours as In)
    })
  }

  release(): void {
    this.#process.channel?.unref()
  }

  send(message: Out, whenTaken?: () => void): boolean {
    if (!this.#process.connected) return false
    // As text within text: its length is what waits.
    const text = JSON.stringify(message)
    if (this.#waiting + text.length > maxWaiting) {
      this.#onFull()
      return false
    }
    this.#waiting += text.length
    // That it has ended meanwhile is told elsewhere.
    this.#process.send?.({ [mark]: text }, () => {
      this.#waiting -= text.length
      whenTaken?.()
    })
    return true
  }
}

/** Undefined for a message of the program itself. */
function read(message: unknown): unknown {
  if (typeof message !== 'object' || message === null || !(mark in message)) return undefined
  const text = message[mark]
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
