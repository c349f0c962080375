import { randomBytes } from 'node:crypto'
import { constants, inflateRawSync } from 'node:zlib'
import {
  CloseCode,
  isUtf8,
  Opcode,
  Receiver,
  serializeCloseBody,
  serializeFrame,
  type ViolationCode,
} from '@bothways/protocol'
import type { Dialogue } from './http.ts'

/** The behaviour of a server on a connection that it had accepted. Times are in ms from its 101. */
export interface Conversation {
  /** The first messages that it sent by itself. */
  readonly messages: readonly string[]
  readonly violation: Violation | undefined
  /** How long its pong took; undefined when none came. */
  readonly pongMs: number | undefined
  /** Its close frame, and whether it came before ours. */
  readonly close:
    | { readonly code: number; readonly reason: string; readonly ms: number; readonly isTheirs: boolean }
    | undefined
  /** How the TCP connection ended, and when; undefined when it did not in time. */
  readonly end: { readonly by: 'FIN' | 'RST'; readonly ms: number } | undefined
  /** The step in which it ended, broke a rule or closed. */
  readonly step: 'listen' | 'ping' | 'idle' | 'echo' | 'close' | 'end'
  /** How long the message that was sent took to come back as it was, in ms; undefined when it did not. */
  readonly echoMs: number | undefined
  /** The first message that came after it instead. */
  readonly reply: string | undefined
  /** The first bytes that came behind the head of the 101. */
  readonly firstBytes: Buffer
}

/** A rule of RFC 6455 or RFC 7692 that the server broke. */
export interface Violation {
  readonly code: ViolationCode | 'BW_MESSAGE_TOO_BIG'
  readonly message: string
  /** The bytes of the read in which it came. */
  readonly bytes: Buffer
}

export interface ConversationOptions {
  /** How long to listen before saying anything. Default 1,000 ms. */
  readonly listenMs?: number
  /** Stop listening at the first message. Default false. */
  readonly expectsMessage?: boolean
  /** How long the answer to a ping, a message or a close frame may take. Default 3,000 ms. */
  readonly answerMs?: number
  /** A text message to send after the ping. Default: none. */
  readonly text?: string
  /** How long to stay silent between ping and close, in ms. Default 0. */
  readonly idleMs?: number
  /** Send a ping every so many ms while idle. Default: none. */
  readonly idlePingMs?: number
}

const maxMessages = 5
/** The largest message that a server may send before anything was asked of it, in bytes. */
const maxMessageBytes = 4 * 1024 * 1024

/** Listens, pings, closes, and waits for the end. It sends no message unless `text` is one. */
export async function converse(dialogue: Dialogue, options: ConversationOptions = {}): Promise<Conversation> {
  const { listenMs = 1000, answerMs = 3000, idleMs = 0, idlePingMs, text } = options
  const line = new Line(dialogue)
  await line.until(() => options.expectsMessage === true && line.hasMessage, listenMs)
  if (line.isOver) return line.result('listen')
  line.ping()
  await line.until(() => line.pongMs !== undefined, answerMs)
  if (line.isOver) return line.result('ping')
  if (idleMs > 0) {
    const timer = idlePingMs === undefined ? undefined : setInterval(() => line.ping(), idlePingMs)
    await line.until(() => false, idleMs)
    clearInterval(timer)
    if (line.isOver) return line.result('idle')
  }
  if (text !== undefined) {
    line.say(text)
    await line.until(() => line.echoMs !== undefined, answerMs)
    if (line.isOver) return line.result('echo')
  }
  line.close()
  await line.until(() => line.closeFrame !== undefined, answerMs)
  if (line.violation !== undefined || line.end !== undefined)
    return line.result(line.closeFrame === undefined ? 'close' : 'end')
  await line.until(() => line.end !== undefined, answerMs)
  return line.result('end')
}

/** One open connection seen from the client's side. */
class Line {
  readonly #dialogue: Dialogue
  readonly #startedAt: number = performance.now()
  readonly #receiver: Receiver
  readonly #messages: string[] = []
  /** The last 32 KiB that were inflated: the next compressed message may refer to them (RFC 7692 §7.2.3.2). */
  #window: Buffer = Buffer.alloc(0)
  #chunk: Buffer = Buffer.alloc(0)
  #firstBytes: Buffer = Buffer.alloc(0)
  #pingedAt = 0
  #wake: (() => void) | undefined
  #hasClosed = false
  #said: { readonly text: string; readonly at: number } | undefined
  #reply: string | undefined
  echoMs: number | undefined
  violation: Violation | undefined
  pongMs: number | undefined
  closeFrame: Conversation['close']
  end: Conversation['end']

  constructor(dialogue: Dialogue) {
    this.#dialogue = dialogue
    const agreed = dialogue.answer.head?.headers['sec-websocket-extensions'] ?? ''
    this.#receiver = new Receiver(
      {
        onMessage: message => {
          const bytes = Buffer.from(message.bytes())
          const data = message.isCompressed ? this.#inflate(bytes, message.isText) : bytes
          if (data !== undefined) {
            this.#take(message.isText ? data.toString('utf8') : `<${data.toString('hex').slice(0, 80)}>`)
          }
        },
        onPing: payload => this.#send(Opcode.Pong, payload),
        onPong: () => {
          this.pongMs ??= Math.round(performance.now() - this.#pingedAt)
        },
        onClose: (code, reason) => {
          this.closeFrame = { code, reason, ms: this.#ms(), isTheirs: !this.#hasClosed }
          if (!this.#hasClosed) this.close(code === CloseCode.NoStatusReceived ? undefined : code)
        },
        onViolation: error => {
          const code = error.code as Violation['code']
          this.violation = { code, message: error.message, bytes: this.#chunk }
        },
      },
      { role: 'client', maxMessageBytes, isDeflateNegotiated: /\bpermessage-deflate\b/.test(agreed) },
    )
    const { socket } = dialogue.exchange
    socket.on('data', chunk => this.#read(chunk))
    socket.on('end', () => this.#ended('FIN'))
    socket.on('error', () => this.#ended('RST'))
    socket.on('close', () => this.#ended('FIN'))
    this.#read(dialogue.answer.rest)
    socket.resume()
  }

  /** Nothing more is to be expected: the server has closed, ended, or broken a rule. */
  get isOver(): boolean {
    return this.violation !== undefined || this.closeFrame !== undefined || this.end !== undefined
  }

  get hasMessage(): boolean {
    return this.#messages.length > 0
  }

  /** Waits until it is over or `condition` holds, at most `timeoutMs`. */
  async until(condition: () => boolean, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    const isDone = () => condition() || this.violation !== undefined || this.end !== undefined
    while (!isDone() && !(this.closeFrame !== undefined && !this.#hasClosedFirst)) {
      const left = deadline - performance.now()
      if (left <= 0) return
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  get #hasClosedFirst(): boolean {
    return this.#hasClosed && this.closeFrame?.isTheirs !== true
  }

  ping(): void {
    this.#pingedAt = performance.now()
    this.#send(Opcode.Ping, randomBytes(4))
  }

  say(text: string): void {
    this.#said = { text, at: performance.now() }
    this.#send(Opcode.Text, Buffer.from(text))
  }

  close(code: number | undefined = CloseCode.Normal): void {
    this.#hasClosed = true
    this.#send(Opcode.Close, serializeCloseBody(code, Buffer.alloc(0)))
  }

  result(step: Conversation['step']): Conversation {
    this.#dialogue.exchange.socket.destroy()
    return {
      messages: this.#messages,
      violation: this.violation,
      pongMs: this.pongMs,
      close: this.closeFrame,
      end: this.end,
      step,
      echoMs: this.echoMs,
      reply: this.#reply,
      firstBytes: this.#firstBytes,
    }
  }

  #take(message: string): void {
    if (this.#messages.length < maxMessages) this.#messages.push(message)
    if (this.#said === undefined) return
    if (message === this.#said.text) this.echoMs ??= Math.round(performance.now() - this.#said.at)
    else this.#reply ??= message
  }

  #ms(): number {
    return Math.round(performance.now() - this.#startedAt)
  }

  #read(chunk: Buffer): void {
    if (chunk.length === 0) return
    if (this.#firstBytes.length < 256)
      this.#firstBytes = Buffer.concat([this.#firstBytes, chunk]).subarray(0, 256)
    this.#chunk = Buffer.from(chunk.subarray(0, 256))
    // The receiver unmasks where the bytes lie.
    this.#receiver.push(Uint8Array.from(chunk))
    this.#wake?.()
  }

  #ended(by: 'FIN' | 'RST'): void {
    this.end ??= { by, ms: this.#ms() }
    this.#wake?.()
  }

  #send(opcode: Opcode, payload: Uint8Array): void {
    if (!this.#dialogue.exchange.socket.writable) return
    const maskingKey = randomBytes(4).readUInt32BE()
    this.#dialogue.exchange.socket.write(serializeFrame(payload, { opcode, maskingKey }))
  }

  #inflate(payload: Buffer, isText: boolean): Buffer | undefined {
    try {
      const tail = Buffer.from([0, 0, 0xff, 0xff])
      const data = inflateRawSync(Buffer.concat([payload, tail]), {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: maxMessageBytes,
        ...(this.#window.length > 0 && { dictionary: this.#window }),
      })
      this.#window = Buffer.concat([this.#window, data]).subarray(-32_768)
      if (isText && !isUtf8(data)) {
        this.violation = {
          code: 'BW_INVALID_UTF8',
          message: 'A text message is not UTF-8.',
          bytes: this.#chunk,
        }
        return undefined
      }
      return data
    } catch (error) {
      this.violation = { code: 'BW_INFLATE_FAILED', message: (error as Error).message, bytes: this.#chunk }
      return undefined
    }
  }
}
