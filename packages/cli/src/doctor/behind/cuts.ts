import { randomBytes } from 'node:crypto'
import type { Language } from '../../language.ts'
import { type Draft, draft } from '../catalogue/draft.ts'
import type { Dialogue } from '../probes/http.ts'
import { Meter } from './meter.ts'
import { type Arrival, type Plan, unaskedPong } from './origin.ts'
import { frameBytes, sendMessage } from './send-message.ts'

/** One more connection through the proxy; undefined when it did not open. */
export type Passage = (
  plan: Plan,
) => Promise<{ readonly dialogue: Dialogue; readonly arrival: Arrival } | undefined>

/** Of a message that has begun to arrive, nothing more comes for so long: the rest will not. In ms. */
const stalledMs = 5000

const directions = {
  up: { shown: 'client → server', en: 'from the client to the server', zh: '从客户端到服务器' },
  down: { shown: 'server → client', en: 'from the server to the client', zh: '从服务器到客户端' },
} as const

/** Sends one message of so many bytes each way, on a connection of its own, and counts the bytes that arrive. */
export async function findByteCuts(pass: Passage, bytes: number): Promise<Draft[]> {
  const [up, down] = await Promise.all([
    pass({ kind: 'listen' }).then(async passage => {
      if (passage === undefined) return undefined
      const { socket } = passage.dialogue.exchange
      const theirs = new Meter(socket)
      void sendMessage(socket, bytes, randomBytes(4))
      const { meter } = passage.arrival
      await meter.until(frameBytes(bytes, true), stalledMs)
      socket.destroy()
      return { bytes: meter.bytes, of: frameBytes(bytes, true), end: meter.end ?? theirs.end }
    }),
    pass({ kind: 'send', bytes }).then(async passage => {
      if (passage === undefined) return undefined
      const { exchange, answer } = passage.dialogue
      const meter = new Meter(exchange.socket, answer.rest.length)
      await meter.until(frameBytes(bytes, false), stalledMs)
      exchange.socket.destroy()
      return { bytes: meter.bytes, of: frameBytes(bytes, false), end: meter.end }
    }),
  ])
  const drafts: Draft[] = []
  for (const [direction, came] of [
    ['up', up],
    ['down', down],
  ] as const) {
    if (came === undefined || came.bytes >= came.of) continue
    const { shown, en, zh } = directions[direction]
    const how = came.end?.by ?? { en: 'silence', zh: '沉默' }
    drafts.push(
      draft('BW_DOCTOR_CUT_AFTER_BYTES', { bytes: came.bytes, of: came.of, direction: { en, zh }, how }, [
        `${shown}: ${came.bytes} of ${came.of} bytes arrived, then ${came.end?.by ?? `nothing for ${stalledMs} ms`}`,
      ]),
    )
  }
  return drafts
}

/** The directions in which one of the connections that are left open has traffic. */
const traffics = ['none', 'up', 'down', 'both'] as const
type Traffic = (typeof traffics)[number]

/** At most so long between two signs of life, in ms. */
const maxTalkMs = 20_000

/**
 * Leaves four connections open side by side: a silent one, two on which one side speaks, and one on which both do. Which
 * of them are cut tells a time-out of silence from a limit of a connection's life.
 */
export async function findTimeCuts(pass: Passage, idleMs: number): Promise<Draft[]> {
  const everyMs = Math.min(maxTalkMs, Math.max(100, Math.round(idleMs / 8)))
  const lives = await Promise.all(
    traffics.map(async traffic => {
      const speaks = traffic === 'down' || traffic === 'both'
      const passage = await pass(speaks ? { kind: 'talk', everyMs } : { kind: 'listen' })
      if (passage === undefined) return [traffic, undefined] as const
      const { socket } = passage.dialogue.exchange
      const meter = new Meter(socket)
      const isHeard = traffic === 'up' || traffic === 'both'
      const timer = isHeard
        ? setInterval(() => {
            if (socket.writable) socket.write(unaskedPong(randomBytes(4).readUInt32BE()))
          }, everyMs)
        : undefined
      await meter.untilEnd(idleMs)
      clearInterval(timer)
      socket.destroy()
      return [traffic, meter.end?.ms] as const
    }),
  )
  const endMs = Object.fromEntries(lives) as Readonly<Record<Traffic, number | undefined>>
  const evidence = traffics.map(traffic => {
    const ms = endMs[traffic]
    return `${shownTraffic[traffic]}: ${ms === undefined ? `still open after ${idleMs} ms` : `ended after ${ms} ms`}`
  })
  if (endMs.both !== undefined) {
    const seconds = Math.round(endMs.both / 1000)
    return [draft('BW_DOCTOR_CUT_AFTER_SECONDS', { seconds }, evidence)]
  }
  if (endMs.none === undefined) return []
  const seconds = Math.round(endMs.none / 1000)
  return [draft('BW_DOCTOR_IDLE_TIMEOUT', { seconds, pings: whatHelps(endMs) }, evidence)]
}

const shownTraffic: Readonly<Record<Traffic, string>> = {
  none: 'silent connection',
  up: 'only the client speaks',
  down: 'only the server speaks',
  both: 'both speak',
}

function whatHelps({ up, down }: Readonly<Record<Traffic, number | undefined>>): Record<Language, string> {
  if (up === undefined && down === undefined) {
    return { en: 'whatever is sent keeps it open, in either direction', zh: '任一方向只要有数据就保持' }
  }
  if (up === undefined)
    return { en: 'only what the client sends keeps it open', zh: '只有客户端发送数据才保持' }
  if (down === undefined)
    return { en: 'only what the server sends keeps it open', zh: '只有服务器发送数据才保持' }
  return {
    en: 'only traffic in both directions keeps it open, as pings with their pongs are',
    zh: '只有双向都有数据才保持，例如 ping 加 pong',
  }
}
