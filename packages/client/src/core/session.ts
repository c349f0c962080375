import { checkIs } from './client-error.ts'
import type { Line, LineHandler, OpenLine } from './line.ts'
import type { ServerMessage } from './messages.ts'
import { type Ending, isLasting } from './reason.ts'
import { createTimer } from './timer.ts'
import type { TransportContext, TransportOpener } from './transport.ts'

/** A server that wants pings more often is not obeyed, in ms. */
const leastPingMs = 100
/** How long opening may take, up to the welcome, in ms: longer after each time that was too short, since the server may be slow. */
export const openingMs = 10_000
const longestOpeningMs = 30_000
/** A server that has not welcomed by itself by then wants a hello, if only to say at once that it wants a token. In ms. */
const helloMs = 1_000
/** How long an answer to a ping may take, in ms. */
const answerMs = 10_000
/** A timer that comes so much too late was held up by sleep, or by a browser that slows hidden pages down. In ms. */
const sleepMs = 5_000
/** A token is renewed so long before it expires, in ms, or after four fifths of its time. */
const renewalMs = 60_000
/** Between two renewals, in ms, whatever the clocks say: it doubles while a clock that is wrong wants them sooner. */
const leastRenewalMs = 5_000

/** One connection from its opening to its end: hello, heartbeat and renewal of the token are its business. */
export function openSession(opener: TransportOpener, context: TransportContext, handler: LineHandler): Line {
  const { environment, token: tokenOf } = context
  const beat = createTimer(environment)
  /** For the hello, and once that is answered for renewals. */
  const tokenTimer = createTimer(environment)
  const leave = createTimer(environment)
  let isOver = false
  let welcomeAt: number | undefined
  let pingMs = 25_000
  let heardAt = environment.now()
  let isAsked = false
  /** The error that the server told before it closed. */
  let lastError: Partial<ServerMessage> = {}
  let renewalFloorMs = leastRenewalMs
  let isTokenAwaited = false
  let leaveAt: number | undefined

  const send: Line['send'] = (message, data) => {
    if (!isOver) transport.send(message, data)
  }

  const sendToken = async (type: 'hello' | 'token') => {
    isTokenAwaited = true
    try {
      const token = (await tokenOf?.()) ?? undefined
      if (token !== undefined) checkIs('A token', 'string', token)
      isTokenAwaited = false
      send({ type, token })
    } catch (error) {
      if (isOver) return
      console.error(error)
      // The present token may still do.
      if (type === 'token') renewIn(0)
      else finish({ code: 'token_failed', text: String(error) })
    }
  }

  const renewIn = (ms: number) => {
    const wait = Math.max(ms, renewalFloorMs)
    renewalFloorMs = wait > ms ? wait * 2 : leastRenewalMs
    tokenTimer(() => void sendToken('token'), wait)
  }

  const hear = () => {
    heardAt = environment.now()
    if (welcomeAt !== undefined) isAsked = false
  }

  const welcome = (message: ServerMessage) => {
    const { expiresAt } = message
    pingMs = Math.max(message.pingMs ?? pingMs, leastPingMs)
    tokenTimer()
    if (expiresAt !== undefined && tokenOf !== undefined) {
      const leftMs = expiresAt - environment.date()
      renewIn(leftMs - Math.min(renewalMs, leftMs / 5))
    }
    if (welcomeAt !== undefined) return
    welcomeAt = environment.now()
    context.openingMs = openingMs
    lookIn(pingMs)
    handler.onWelcome({ transport: opener.kind, ...message })
  }

  /** The server leaves: its messages are heard until it closes, or until the time that it gave to come back at. */
  const leaveIn = (ms: number | undefined) => {
    if (ms === undefined) return finish({ code: 'leaving' })
    leaveAt = environment.now() + ms
    leave(() => finish({ code: 'leaving' }), ms)
  }

  /** Looks in so many ms whether the other side lives. */
  const lookIn = (ms: number) => {
    const dueAt = environment.now() + ms
    beat(() => {
      const now = environment.now()
      const hasSlept = now - dueAt > sleepMs
      if (welcomeAt === undefined) {
        if (isTokenAwaited) return finish({ code: 'token_failed', text: `No answer within ${ms} ms` })
        context.openingMs = Math.min(ms * 1.5, longestOpeningMs)
        finish({ code: 'not_opened' })
      } else if (isAsked && !hasSlept) finish({ code: 'silent' })
      else if (hasSlept || now - heardAt >= pingMs) ping()
      else lookIn(pingMs - (now - heardAt))
    }, ms)
  }

  const ping = () => {
    isAsked = true
    send({ type: 'ping' })
    lookIn(Math.min(answerMs, pingMs))
  }

  const end = () => {
    isOver = true
    beat()
    tokenTimer()
    leave()
    transport.close()
  }

  const finish = (ending: Ending) => {
    if (isOver) return
    const now = environment.now()
    const lastedMs = welcomeAt === undefined ? 0 : Math.max(1, now - welcomeAt)
    end()
    const isBlocked = ending.code === 'not_opened' && context.blocked.has(opener.kind === 'websocket')
    let how: Ending = isBlocked ? { code: 'blocked' } : ending
    // An end behind a goodbye does not change when to come back, unless it forbids that.
    if (leaveAt !== undefined && !isLasting(ending)) {
      how = { code: 'leaving', retryAfterMs: Math.max(0, Math.ceil(leaveAt - now)) }
    }
    const { retryAfterMs = lastError.retryAfterMs, text = lastError.message } = how
    handler.onEnd({ ...how, retryAfterMs, text }, lastedMs)
  }

  lookIn(context.openingMs)
  const transport = opener.open(context, {
    onOpen() {
      // Where the server asks for no hello, it welcomes by itself.
      if (tokenOf !== undefined || opener.kind !== 'websocket') void sendToken('hello')
      else tokenTimer(() => void sendToken('hello'), helloMs)
    },
    onMessage(message) {
      if (isOver) return
      hear()
      const { type, id, retryAfterMs } = message
      if (type === 'welcome') welcome(message)
      else if (type === 'goodbye') leaveIn(retryAfterMs)
      else if (type === 'error' && id === undefined) lastError = message
      else if (type !== 'pong') handler.onMessage(message)
    },
    onLife: hear,
    onEnd: finish,
  })
  return {
    send,
    probe() {
      if (welcomeAt !== undefined && !isAsked) ping()
    },
    end,
  }
}

/** A line of one transport. */
export function lineOf(opener: TransportOpener): OpenLine {
  return (context, handler) => openSession(opener, context, handler)
}
