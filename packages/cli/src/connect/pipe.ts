import { isUtf8 } from 'node:buffer'
import type { Words } from '../language.ts'
import { Failure } from '../wrong-use.ts'
import type { ConnectOptions } from './connect-options.ts'
import type { Conversation } from './conversation.ts'
import { converse } from './converse.ts'
import { describeEvent, eventAsJson, socketIoLine } from './describe-event.ts'
import { LineSplitter } from './line-splitter.ts'
import { isAnswered, waitLeftMs } from './reply-wait.ts'
import type { Payload, SessionEvent } from './session-event.ts'

const signals = ['SIGINT', 'SIGTERM'] as const

/** Close codes of a server that has simply said all it had to say. */
const ordinaryCodes: readonly number[] = [1000, 1005]

/** The longest time that `setTimeout` takes. */
const longestTimerMs = 2 ** 31 - 1

/**
 * Sends every line that comes from a pipe and prints every message that comes back, and nothing else, on standard
 * output. Other events go to standard error.
 */
export async function runPipe(options: ConnectOptions): Promise<number> {
  return await new PipeRun(options).run()
}

class PipeRun {
  readonly #options: ConnectOptions
  readonly #session: Conversation
  #lineCount = 0
  #replyCount = 0
  #lastAtMs = 0
  #hasPong = false
  #hasFailed = false
  #isInterrupted = false
  /** `head` has read what it wanted. */
  #isReaderGone = false
  #hasToldOfUtf8 = false
  #endCode: number | undefined
  #wake = (): void => {}

  constructor(options: ConnectOptions) {
    this.#options = options
    this.#session = converse(options, event => this.#take(event))
  }

  async run(): Promise<number> {
    const session = this.#session
    const interrupt = (): void => {
      this.#isInterrupted = true
      session.close(1000)
    }
    // The next signal finds no listener, and ends the process at once.
    for (const signal of signals) process.once(signal, interrupt)
    process.stdout.on('error', error => this.#stopPrinting(error))
    try {
      if (!(await session.opened)) return 1
      const isAllSent = await this.#sendInput()
      if (isAllSent) await Promise.race([session.closed, this.#repliesOrQuiet()])
      session.close(1000)
      await session.closed
      return this.#exitCode(isAllSent)
    } finally {
      for (const signal of signals) process.off(signal, interrupt)
    }
  }

  #exitCode(isAllSent: boolean): number {
    if (this.#isReaderGone) return this.#hasFailed ? 1 : 0
    if (!isAllSent && !this.#isInterrupted) {
      this.#say({
        en: `The connection ended before the input did: ${this.#lineCount} lines were sent.`,
        zh: `连接在输入结束之前断开：已发送 ${this.#lineCount} 行。`,
      })
    }
    return isAllSent && !this.#hasFailed && this.#endCode === undefined ? 0 : 1
  }

  #take(event: SessionEvent): void {
    if (event.type === 'received' || event.type === 'event' || event.type === 'ack') {
      this.#replyCount++
      this.#lastAtMs = performance.now()
    }
    // The failure of an earlier connection is over.
    if (event.type === 'open') {
      this.#hasFailed = false
      this.#endCode = undefined
    }
    if (event.type === 'error') this.#hasFailed = true
    if (event.type === 'close' && event.by !== 'us' && !ordinaryCodes.includes(event.code)) {
      this.#endCode = event.code
    }
    if (!this.#isReaderGone) this.#print(event)
    this.#wake()
  }

  #print(event: SessionEvent): void {
    const { isJson, isVerbose, language } = this.#options
    const date = new Date()
    if (isJson) {
      const text = eventAsJson(event, date, isVerbose)
      if (text !== undefined) process.stdout.write(`${text}\n`)
      return
    }
    if (event.type === 'received') {
      process.stdout.write(`${messageLine(event.payload)}\n`)
      return
    }
    if (event.type === 'event' || event.type === 'ack') {
      process.stdout.write(`${socketIoLine(event)}\n`)
      return
    }
    const isOurs = event.type === 'sent' || event.type === 'emitted' || event.type === 'acknowledged'
    const isOrdinary = event.type === 'open' || isOurs || (event.type === 'close' && event.by === 'us')
    if (isOrdinary && (!isVerbose || isOurs)) return
    const text = describeEvent(event, date, { isColored: false, isVerbose, language })
    if (text !== undefined) process.stderr.write(`${text}\n`)
  }

  #say(words: Words): void {
    console.error(words[this.#options.language])
  }

  #stopPrinting(error: NodeJS.ErrnoException): void {
    if (this.#isReaderGone) return
    this.#isReaderGone = true
    if (error.code !== 'EPIPE') {
      this.#hasFailed = true
      this.#say({ en: `Printing failed: ${error.message}.`, zh: `输出失败：${error.message}。` })
    }
    this.#session.close(1000)
  }

  /** True when there was an end of the input, and everything before it was sent. */
  async #sendInput(): Promise<boolean> {
    const { execute } = this.#options
    for (const message of execute) {
      if (!(await this.#send(this.#options.isBinary ? Buffer.from(message) : message))) return false
    }
    if (execute.length > 0) return true
    const { stdin } = process
    const splitter = new LineSplitter()
    void this.#session.closed.then(() => stdin.destroy())
    try {
      for await (const chunk of stdin) {
        for (const line of splitter.push(chunk)) if (!(await this.#send(this.#payloadOf(line)))) return false
      }
      const rest = splitter.end()
      if (rest !== undefined && !(await this.#send(this.#payloadOf(rest)))) return false
    } catch (error) {
      const { message } = error as Error
      if (!this.#session.isOver)
        throw new Failure(
          { en: `Reading the input failed: ${message}.`, zh: `读取输入失败：${message}。` },
          { cause: error },
        )
    }
    return stdin.readableEnded
  }

  /** False when the connection is over. */
  async #send(payload: Payload): Promise<boolean> {
    if (!this.#session.isOpen && !(await this.#session.ready())) return false
    this.#session.send(payload)
    this.#lineCount++
    if (this.#session.isBusy) await this.#session.hasRoom()
    return true
  }

  #payloadOf(line: Buffer): Payload {
    if (this.#options.isBinary) return line
    if (!this.#hasToldOfUtf8 && !isUtf8(line)) {
      this.#hasToldOfUtf8 = true
      this.#say({
        en: 'The input is not UTF-8: what is not becomes U+FFFD in text messages. --binary sends bytes.',
        zh: '输入不是 UTF-8：文本消息中无法解码的部分会变成 U+FFFD。--binary 按字节发送。',
      })
    }
    const text = line.toString('utf8')
    return text.endsWith('\r') ? text.slice(0, -1) : text
  }

  /** As many messages as lines, or none for a while: a server need not answer each line. */
  async #repliesOrQuiet(): Promise<void> {
    this.#lastAtMs = performance.now()
    // The pong comes behind the messages that the server answers at once.
    void this.#session.roundTrip().then(() => {
      this.#hasPong = true
      this.#wake()
    })
    let answeredAtMs: number | undefined
    for (;;) {
      const nowMs = performance.now()
      const heard = {
        lineCount: this.#lineCount,
        replyCount: this.#replyCount,
        hasPong: this.#hasPong,
        lastAtMs: this.#lastAtMs,
        answeredAtMs,
        waitMs: this.#options.waitMs,
      }
      if (isAnswered(heard)) answeredAtMs ??= nowMs
      const leftMs = waitLeftMs({ ...heard, answeredAtMs }, nowMs)
      if (leftMs <= 0 || this.#session.isOver) return
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.min(leftMs, longestTimerMs))
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

/** A message on one line: bytes are hex, text is as it came. */
function messageLine(payload: Payload): string {
  return typeof payload === 'string' ? payload : Buffer.from(payload).toString('hex')
}
