import { randomBytes } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Opcode, serializeFrame } from '@bothways/protocol'
import { type Draft, draft } from '../catalogue/draft.ts'
import { quote } from '../rules/show.ts'
import type { Target } from '../target.ts'
import { type Conversation, converse } from './conversation.ts'
import type { Ask, Dialogue } from './http.ts'
import type { Endpoint } from './wire.ts'

type Open = (changes?: Partial<Ask>) => Promise<Dialogue>

/** The findings of a probe that sends a message, and the sizes of the messages sent, in bytes. */
export interface Sent {
  readonly drafts: readonly Draft[]
  readonly messages: readonly number[]
}

const nothingSent: Sent = { drafts: [], messages: [] }

/** Pings that keep a hop from counting the connection as idle, in ms. */
const idlePingMs = 20_000

/** Stays silent on one connection and pings on another, at most `seconds` each, side by side. */
export async function probeIdle(open: Open, seconds: number): Promise<Draft[]> {
  const [silent, pinging] = await Promise.all([open(), open()])
  if (silent.answer.head?.status !== 101 || pinging.answer.head?.status !== 101) return []
  const idleMs = seconds * 1000
  const every = Math.min(idlePingMs, Math.max(500, idleMs / 4))
  const [without, withPings] = await Promise.all([
    converse(silent, { idleMs }),
    converse(pinging, { idleMs, idlePingMs: every }),
  ])
  if (without.step !== 'idle') return []
  const ms = without.end?.ms ?? without.close?.ms ?? 0
  const isCutAnyway = withPings.step === 'idle'
  const pings = isCutAnyway
    ? { en: 'pings do not help', zh: '发送 ping 也没有用' }
    : { en: 'with pings it stays', zh: '发送 ping 则保持' }
  return [
    draft('BW_DOCTOR_IDLE_TIMEOUT', { seconds: Math.round(ms / 1000), pings }, [
      `silent connection: ended after ${ms} ms${without.close === undefined ? ` (${without.end?.by})` : ` (close ${without.close.code})`}`,
      `connection with a ping every ${every} ms: ${isCutAnyway ? `ended after ${withPings.end?.ms} ms` : `still open after ${idleMs} ms`}`,
    ]),
  ]
}

/** Sends one binary message of `bytes` zeros and sees whether the connection survives it. */
export async function probeSize(open: Open, bytes: number): Promise<Sent> {
  const dialogue = await open({ deflate: false })
  if (dialogue.answer.head?.status !== 101) return nothingSent
  const maskingKey = randomBytes(4).readUInt32BE()
  dialogue.exchange.socket.write(serializeFrame(new Uint8Array(bytes), { opcode: Opcode.Binary, maskingKey }))
  const talk = await converse(dialogue, { listenMs: 1500, answerMs: 5000 })
  const messages = [bytes]
  if (talk.close?.isTheirs !== true && !(talk.end !== undefined && talk.close === undefined))
    return { drafts: [], messages }
  const how = howItEnded(talk)
  const seen = `a binary message of ${bytes} bytes: ${how}`
  return { drafts: [draft('BW_DOCTOR_SIZE_LIMIT', { bytes, how }, [seen])], messages }
}

const echoMs = 3000

/** Sends one text message that is like no other, and looks whether it comes back as it was. */
export async function probeEcho(open: Open): Promise<Sent> {
  const dialogue = await open()
  if (dialogue.answer.head?.status !== 101) return nothingSent
  const text = `bothways doctor ${randomBytes(4).toString('hex')}`
  const talk = await converse(dialogue, { text, answerMs: echoMs })
  if (talk.step === 'listen' || talk.step === 'ping') return nothingSent
  const sent = `sent the text ${quote(text, 40)}`
  const bytes = text.length
  const facts = { bytes, seconds: echoMs / 1000 }
  if (talk.echoMs !== undefined) {
    const ms = talk.echoMs
    const came = `${sent}, it came back after ${ms} ms`
    return { drafts: [draft('BW_DOCTOR_ECHOED', { ...facts, ms }, [came])], messages: [bytes] }
  }
  const how =
    talk.step === 'echo'
      ? howItEnded(talk)
      : talk.reply === undefined
        ? { en: 'nothing came', zh: '什么也没有收到' }
        : quote(talk.reply, 120)
  const came = typeof how === 'string' ? how : how.en
  return {
    drafts: [draft('BW_DOCTOR_NOT_ECHOED', { ...facts, how }, [`${sent}: ${came}`])],
    messages: [bytes],
  }
}

function howItEnded({ close, end, violation }: Conversation): string {
  if (violation !== undefined) return violation.message
  return close === undefined ? `${end?.by}` : `close ${close.code} ${close.reason}`.trim()
}

/** How long a half request may stay open before it is worth a warning, in ms. */
const halfRequestMs = 12_000

const secretNames =
  /^(token|access_token|auth|apikey|api_key|key|jwt|password|passwd|pwd|secret|session|sessionid)$/i

/** Looks for weaknesses that an attacker could use: foreign pages, half requests, secrets in the URL, no encryption. */
export async function probeSecurity(
  open: Open,
  target: Target,
  endpoint: Endpoint,
  foreignOrigin: string,
): Promise<Draft[]> {
  const drafts: Draft[] = []
  const isLoopback = /^(127\.|::1$)/.test(endpoint.address)
  if (!target.isSecure && !isLoopback)
    drafts.push(draft('BW_DOCTOR_NOT_ENCRYPTED', {}, [target.url.protocol]))
  const secret = [...target.url.searchParams.keys()].find(name => secretNames.test(name))
  if (secret !== undefined)
    drafts.push(draft('BW_DOCTOR_TOKEN_IN_URL', { name: secret }, [`query: ${secret}=…`]))
  const [foreign, half] = await Promise.all([
    open({ origin: foreignOrigin }),
    holdsHalfRequest(endpoint, target),
  ])
  foreign.exchange.socket.destroy()
  if (foreign.answer.head?.status === 101) {
    drafts.push(
      draft('BW_DOCTOR_ORIGIN_UNCHECKED', { origin: foreignOrigin }, [
        `upgrade with Origin ${foreignOrigin}: 101`,
      ]),
    )
  }
  if (half) {
    const seconds = halfRequestMs / 1000
    drafts.push(
      draft('BW_DOCTOR_HANDSHAKE_UNBOUNDED', { seconds }, [`half a request: still open after ${seconds} s`]),
    )
  }
  return drafts
}

async function holdsHalfRequest(
  { address: host, port, tls }: Endpoint,
  { authority }: Target,
): Promise<boolean> {
  const socket =
    tls === undefined
      ? connectTcp({ host, port })
      : connectTls({ ...tls, host, port, rejectUnauthorized: false })
  try {
    return await new Promise(resolve => {
      const timer = setTimeout(resolve, halfRequestMs, true)
      const ended = () => {
        clearTimeout(timer)
        resolve(false)
      }
      socket.write(`GET / HTTP/1.1\r\nHost: ${authority}\r\n`)
      socket.on('error', ended)
      socket.on('close', ended)
      socket.on('end', ended)
      socket.resume()
    })
  } finally {
    socket.destroy()
  }
}
