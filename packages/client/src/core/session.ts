import { checkIs } from './client-error.ts'
import type { Line, LineHandler, OpenLine } from './line.ts'
import type { ClientMessage, ServerMessage } from './messages.ts'
import { type Ending, isLasting } from './reason.ts'
import type { Transport, TransportContext, TransportOpener } from './transport.ts'

/** A server that wants pings more often is not obeyed, in ms. */
const leastPingMs = 100
/** How long opening may take, up to the welcome, in ms. */
const openingMs = 10_000
/** How long an answer to a ping may take, in ms. */
const answerMs = 10_000
/** A timer that comes so much too late was held up by sleep, or by a browser that slows hidden pages down. In ms. */
const sleepMs = 5_000
/** A token is renewed so long before it expires, in ms, or after four fifths of its time. */
const renewalMs = 60_000
/** Between two renewals, in ms, whatever the clocks say: it doubles while a clock that is wrong wants them sooner. */
const leastRenewalMs = 5_000

/** One connection from its opening to its end: hello, heartbeat and renewal of the token are its business. */
export class Session implements Line {
  readonly #opener: TransportOpener
  readonly #context: TransportContext
  readonly #handler: LineHandler
  readonly #transport: Transport
  #isOver = false
  #welcomeAt: number | undefined
  #pingMs = 25_000
  #heardAt: number
  #isAsked = false
  /** What the server said before it closed. */
  #lastError: ServerMessage | undefined
  #dueAt = 0
  #cancelBeat: (() => void) | undefined
  #cancelRenewal: (() => void) | undefined
  #leaveAt: number | undefined
  #cancelLeave: (() => void) | undefined
  #leastRenewalMs = leastRenewalMs
  #isTokenAwaited = false

  constructor(opener: TransportOpener, context: TransportContext, handler: LineHandler) {
    this.#opener = opener
    this.#context = context
    this.#handler = handler
    this.#heardAt = context.environment.now()
    this.#beatIn(openingMs)
    this.#transport = opener.open(context, {
      onOpen: () => {
        if (context.token !== undefined) void this.#sendToken('hello')
        // Where the server asks for no hello, it welcomes by itself.
        else if (opener.kind !== 'websocket') this.send({ type: 'hello' })
      },
      onMessage: message => this.#receive(message),
      onLife: () => this.#hear(),
      onEnd: ending => this.#finish(ending),
    })
  }

  send(message: ClientMessage, data?: string): void {
    if (!this.#isOver) this.#transport.send(message, data)
  }

  /** Asks for a sign of life: without one it ends. */
  probe(): void {
    if (this.#welcomeAt !== undefined && !this.#isAsked) this.#ping()
  }

  /** Ends it; the handler hears nothing more. */
  end(): void {
    this.#stop()
    this.#transport.close()
  }

  #receive(message: ServerMessage): void {
    if (this.#isOver) return
    this.#hear()
    const { type, retryAfterMs } = message
    if (type === 'welcome') this.#welcome(message)
    else if (type === 'goodbye') this.#leaveIn(retryAfterMs)
    else if (type === 'error' && message.id === undefined) this.#lastError = message
    else if (type !== 'pong') this.#handler.onMessage(message)
  }

  #welcome(message: ServerMessage): void {
    const { expiresAt, pingMs } = message
    if (pingMs !== undefined) this.#pingMs = Math.max(pingMs, leastPingMs)
    this.#cancelRenewal?.()
    if (expiresAt !== undefined && this.#context.token !== undefined) {
      const leftMs = expiresAt - this.#context.environment.date()
      this.#renewIn(leftMs - Math.min(renewalMs, leftMs / 5))
    }
    if (this.#welcomeAt !== undefined) return
    this.#welcomeAt = this.#context.environment.now()
    this.#beatIn(this.#pingMs)
    this.#handler.onWelcome({ transport: this.#opener.kind, ...message })
  }

  /** The server leaves: what it still sends is heard until it closes, or until the time that it gave to come back at. */
  #leaveIn(ms = 0): void {
    const { environment } = this.#context
    this.#cancelLeave?.()
    this.#leaveAt = environment.now() + ms
    this.#cancelLeave = environment.setTimer(() => this.#finish({ code: 'leaving' }), ms)
  }

  #renewIn(ms: number): void {
    const wait = Math.max(ms, this.#leastRenewalMs)
    this.#leastRenewalMs = wait > ms ? wait * 2 : leastRenewalMs
    this.#cancelRenewal = this.#context.environment.setTimer(() => void this.#sendToken('token'), wait)
  }

  async #sendToken(type: 'hello' | 'token'): Promise<void> {
    this.#isTokenAwaited = true
    try {
      const token = (await this.#context.token?.()) ?? undefined
      if (token !== undefined) checkIs('A token', 'string', token)
      this.#isTokenAwaited = false
      this.send({ type, token })
    } catch (error) {
      if (this.#isOver) return
      console.error(error)
      // The present token may still do.
      if (type === 'token') this.#renewIn(0)
      else this.#finish({ code: 'token_failed', text: String(error) })
    }
  }

  #hear(): void {
    this.#heardAt = this.#context.environment.now()
    if (this.#welcomeAt !== undefined) this.#isAsked = false
  }

  #beatIn(ms: number): void {
    const { environment } = this.#context
    this.#cancelBeat?.()
    this.#dueAt = environment.now() + ms
    this.#cancelBeat = environment.setTimer(() => this.#beat(), ms)
  }

  #beat(): void {
    const now = this.#context.environment.now()
    const hasSlept = now - this.#dueAt > sleepMs
    if (this.#welcomeAt === undefined) {
      this.#finish(
        this.#isTokenAwaited
          ? { code: 'token_failed', text: `no answer within ${openingMs} ms` }
          : { code: 'not_opened' },
      )
    } else if (this.#isAsked && !hasSlept) {
      this.#finish({ code: 'silent' })
    } else if (hasSlept || now - this.#heardAt >= this.#pingMs) {
      this.#ping()
    } else {
      this.#beatIn(this.#pingMs - (now - this.#heardAt))
    }
  }

  #ping(): void {
    this.#isAsked = true
    this.send({ type: 'ping' })
    this.#beatIn(Math.min(answerMs, this.#pingMs))
  }

  #stop(): void {
    this.#isOver = true
    this.#cancelBeat?.()
    this.#cancelRenewal?.()
    this.#cancelLeave?.()
  }

  #finish(ending: Ending): void {
    if (this.#isOver) return
    const now = this.#context.environment.now()
    this.end()
    const { retryAfterMs, message } = this.#lastError ?? {}
    const lastedMs = this.#welcomeAt === undefined ? 0 : Math.max(1, now - this.#welcomeAt)
    // What ends it behind a goodbye does not change when to come back, unless it forbids that.
    const how: Ending =
      this.#leaveAt === undefined || isLasting(ending)
        ? ending
        : { code: 'leaving', retryAfterMs: Math.max(0, Math.ceil(this.#leaveAt - now)) }
    this.#handler.onEnd({ retryAfterMs, text: message, ...how }, lastedMs)
  }
}

/** A line of one transport. */
export function lineOf(opener: TransportOpener): OpenLine {
  return (context, handler) => new Session(opener, context, handler)
}
