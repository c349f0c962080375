import { randomBytes } from 'node:crypto'
import { type Draft, draft, type Facts, type FindingCode } from '../catalogue/draft.ts'
import { converse } from '../probes/conversation.ts'
import { type Answer, type Dialogue, request } from '../probes/http.ts'
import { resolveNames } from '../probes/reach.ts'
import { showAnswer } from '../rules/show.ts'
import { readTarget, type Target } from '../target.ts'
import { findByteCuts, findTimeCuts, type Passage } from './cuts.ts'
import { type Arrival, greeting, isUpgradeRequest, Origin, type Plan, tagName } from './origin.ts'

export interface BehindOptions {
  /** Where the proxy is to send requests: a port of this machine; 0 takes any. */
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** How long to try until the request arrives, in ms. */
  readonly waitMs: number
  /** Leave connections open so long, to find when the proxy cuts them, in ms. Default: not at all. */
  readonly idleMs?: number | undefined
  /** Send one message of so many bytes each way. Default: none. */
  readonly sizeBytes?: number | undefined
  /** Told the port once it listens. */
  readonly onListening?: (port: number) => void
}

export interface Behind {
  readonly drafts: readonly Draft[]
  /** How many connections were made to the proxy. */
  readonly connections: number
  /** The sizes of the messages that were sent, in bytes, by either side. */
  readonly messages: readonly number[]
}

const retryMs = 1000
const bufferMs = 3000
const resolveTimeoutMs = 5000

/**
 * Is client and server at once, with a proxy between them: sends a tagged request to the URL, takes it at the port, and
 * says what the proxy changed on the way there and back, and when it cuts.
 */
export async function lookBehind(url: string, options: BehindOptions): Promise<Behind> {
  const { target, drafts } = readTarget(url, [])
  if (target === undefined) return { drafts, connections: 0, messages: [] }
  const origin = new Origin()
  const port = await origin.listen(options.port, options.host ?? '127.0.0.1')
  try {
    options.onListening?.(port)
    const { addresses } = await resolveNames(target.host, resolveTimeoutMs)
    const [address] = addresses
    if (address === undefined) {
      const found = draft('BW_DOCTOR_NAME_NOT_FOUND', { host: target.host }, [])
      return { drafts: [found], connections: 0, messages: [] }
    }
    const look = new Look(target, address, origin, port)
    const found = await look.through(options)
    return { drafts: [...drafts, ...found], connections: look.connections, messages: look.messages }
  } finally {
    await origin.close()
  }
}

/** Both ends of one look at a proxy. */
class Look {
  readonly #target: Target
  readonly #address: string
  readonly #origin: Origin
  readonly #port: number
  connections = 0
  readonly messages: number[] = []

  constructor(target: Target, address: string, origin: Origin, port: number) {
    this.#target = target
    this.#address = address
    this.#origin = origin
    this.#port = port
  }

  async through({ waitMs, idleMs, sizeBytes }: BehindOptions): Promise<readonly Draft[]> {
    const deadline = performance.now() + waitMs
    for (;;) {
      const { dialogue, arrival } = await this.#ask({ kind: 'greet' })
      if (arrival !== undefined) {
        const { drafts, isOpen } = await this.#compare(dialogue, arrival)
        if (!isOpen) return drafts
        const [byTime, byBytes] = await Promise.all([
          idleMs === undefined ? [] : findTimeCuts(this.#pass, idleMs),
          sizeBytes === undefined ? [] : this.#sizes(sizeBytes),
        ])
        return [...drafts, ...byTime, ...byBytes]
      }
      dialogue.exchange.socket.destroy()
      if (performance.now() >= deadline) return [notArrived(this.#port, dialogue.answer)]
      await new Promise(resolve => setTimeout(resolve, retryMs))
    }
  }

  async #sizes(bytes: number): Promise<Draft[]> {
    this.messages.push(bytes, bytes)
    return await findByteCuts(this.#pass, bytes)
  }

  readonly #pass: Passage = async plan => {
    const { dialogue, arrival } = await this.#ask(plan)
    if (arrival !== undefined && dialogue.answer.head?.status === 101) return { dialogue, arrival }
    dialogue.exchange.socket.destroy()
    return undefined
  }

  async #ask(plan: Plan): Promise<{ readonly dialogue: Dialogue; readonly arrival: Arrival | undefined }> {
    const tag = randomBytes(8).toString('hex')
    const { isSecure, host: servername, port, path, authority: host, origin } = this.#target
    const tls = isSecure ? { servername, ALPNProtocols: ['http/1.1'] } : undefined
    this.#origin.plans.set(tag, plan)
    this.connections += 1
    const dialogue = await request(
      { address: this.#address, port, tls },
      { path, host, upgrade: true, origin, headers: [[tagName, tag]] },
      { timeoutMs: 6000 },
    )
    this.#origin.plans.delete(tag)
    return { dialogue, arrival: this.#origin.arrivals.get(tag) }
  }

  /** The differences between the two sides of one request, and whether it opened. */
  async #compare(dialogue: Dialogue, arrival: Arrival): Promise<{ drafts: Draft[]; isOpen: boolean }> {
    const { answer, exchange } = dialogue
    const evidence = ['sent → arrived', ...compareLines(this.#target, answer, arrival)]
    const drafts = concludeArrival(this.#target, answer, arrival, evidence)
    if (!isUpgradeRequest(arrival) || drafts.some(({ severity }) => severity === 'error')) {
      exchange.socket.destroy()
      return { drafts, isOpen: false }
    }
    if (answer.head?.status !== 101 || answer.head.headers['sec-websocket-accept'] === undefined) {
      exchange.socket.destroy()
      const changed = draft('BW_DOCTOR_ANSWER_CHANGED', { answer: showAnswer(answer) }, evidence)
      return { drafts: [...drafts, changed], isOpen: false }
    }
    const talk = await converse(dialogue, { listenMs: bufferMs, expectsMessage: true, answerMs: bufferMs })
    if (talk.messages[0] === greeting) return { drafts, isOpen: true }
    return { drafts: [...drafts, draft('BW_DOCTOR_BUFFERED', { ms: bufferMs }, evidence)], isOpen: false }
  }
}

function notArrived(port: number, answer: Answer): Draft {
  return draft('BW_DOCTOR_NOT_ARRIVED', { port, answer: showAnswer(answer) }, [
    `upgrade: ${showAnswer(answer)}`,
  ])
}

function compareLines(
  target: Target,
  { key }: Answer,
  { version, target: path, headers }: Arrival,
): string[] {
  return [
    line('version', 'HTTP/1.1', `HTTP/${version}`),
    line('target', target.path, path),
    line('Host', target.authority, headers.host),
    line('Connection', 'Upgrade', headers.connection),
    line('Upgrade', 'websocket', headers.upgrade),
    line('Origin', target.origin, headers.origin),
    line('Sec-WebSocket-Version', '13', headers['sec-websocket-version']),
    line('Sec-WebSocket-Key', key ?? '', headers['sec-websocket-key']),
    line(
      'Sec-WebSocket-Extensions',
      'permessage-deflate; client_max_window_bits',
      headers['sec-websocket-extensions'],
    ),
  ]
}

function concludeArrival(
  target: Target,
  answer: Answer,
  arrival: Arrival,
  evidence: readonly string[],
): Draft[] {
  const drafts: Draft[] = []
  const add = (code: FindingCode, facts: Facts) => drafts.push(draft(code, facts, evidence))
  const isUpgrade = isUpgradeRequest(arrival)
  if (arrival.version !== '1.1') add('BW_DOCTOR_REQUEST_HTTP_VERSION', { version: arrival.version })
  if (!isUpgrade) add('BW_DOCTOR_UPGRADE_STRIPPED', { status: 'arrived without' })
  const key = arrival.headers['sec-websocket-key']
  if (isUpgrade && (key !== answer.key || arrival.headers['sec-websocket-version'] !== '13')) {
    add('BW_DOCTOR_HEADERS_MANGLED', { says: `key ${key ?? 'gone'}` })
  }
  const { host, origin } = arrival.headers
  if (host !== target.authority)
    add('BW_DOCTOR_HOST_REWRITTEN', { sent: target.authority, got: host ?? 'nothing' })
  if (origin !== target.origin)
    add('BW_DOCTOR_ORIGIN_REWRITTEN', { sent: target.origin, got: origin ?? 'nothing' })
  if (isUpgrade && arrival.headers['sec-websocket-extensions'] === undefined)
    add('BW_DOCTOR_EXTENSION_REMOVED', {})
  return drafts
}

function line(name: string, sent: string, arrived: string | undefined): string {
  const same = sent === arrived
  return `${same ? '  ' : '! '}${name}: ${sent}${same ? '' : ` → ${arrived ?? '(gone)'}`}`
}
