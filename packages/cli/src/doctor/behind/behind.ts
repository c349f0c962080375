import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { acceptKey, Opcode, serializeFrame } from '@bothways/protocol'
import { type Draft, draft } from '../findings/draft.ts'
import { converse } from '../probes/conversation.ts'
import { type Answer, type Dialogue, request } from '../probes/http.ts'
import { resolveNames } from '../probes/reach.ts'
import { showAnswer } from '../rules/show.ts'
import { readTarget, type Target } from '../target.ts'

export interface BehindOptions {
  /** Where the proxy is to send requests: a port of this machine; 0 takes any. */
  readonly port: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** How long to try until the request arrives, in ms. */
  readonly waitMs: number
  /** Stay silent so long, to find a time-out of the proxy, in ms. Default 0. */
  readonly idleMs?: number
  /** Told the port once it listens. */
  readonly onListening?: (port: number) => void
}

/** A request as it came out of the proxy. */
interface Arrival {
  readonly version: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

const tagName = 'X-Bothways-Doctor'
const retryMs = 1000
const bufferMs = 3000
const resolveTimeoutMs = 5000

/**
 * Is client and server at once, with a proxy between them: sends a tagged request to the URL, takes it at the port, and
 * says what the proxy changed on the way there and back.
 */
export async function lookBehind(url: string, options: BehindOptions): Promise<Draft[]> {
  const { target, drafts } = readTarget(url, [])
  if (target === undefined) return [...drafts]
  const origin = new Origin()
  const port = await origin.listen(options.port, options.host ?? '127.0.0.1')
  try {
    options.onListening?.(port)
    const { addresses } = await resolveNames(target.host, resolveTimeoutMs)
    const address = addresses[0]
    if (address === undefined) return [draft('BW_DOCTOR_NAME_NOT_FOUND', { host: target.host }, [])]
    const deadline = performance.now() + options.waitMs
    for (;;) {
      const tag = randomBytes(8).toString('hex')
      const dialogue = await ask(target, address, tag)
      const arrival = origin.arrivals.get(tag)
      if (arrival !== undefined)
        return [...drafts, ...(await compare(target, dialogue, arrival, options.idleMs ?? 0))]
      dialogue.exchange.socket.destroy()
      if (performance.now() >= deadline) return [...drafts, notArrived(port, dialogue.answer)]
      await new Promise(resolve => setTimeout(resolve, retryMs))
    }
  } finally {
    await origin.close()
  }
}

async function ask(target: Target, address: string, tag: string): Promise<Dialogue> {
  const tls = target.isSecure ? { servername: target.host, ALPNProtocols: ['http/1.1'] } : undefined
  return await request(
    { address, port: target.port, tls },
    {
      path: target.path,
      host: target.authority,
      upgrade: true,
      origin: target.origin,
      headers: [[tagName, tag]],
    },
    { timeoutMs: 6000 },
  )
}

function notArrived(port: number, answer: Answer): Draft {
  return draft('BW_DOCTOR_NOT_ARRIVED', { port, answer: showAnswer(answer) }, [
    `upgrade: ${showAnswer(answer)}`,
  ])
}

async function compare(
  target: Target,
  dialogue: Dialogue,
  arrival: Arrival,
  idleMs: number,
): Promise<Draft[]> {
  const { answer } = dialogue
  const evidence = [
    'sent → arrived',
    line('version', 'HTTP/1.1', `HTTP/${arrival.version}`),
    line('target', target.path, arrival.target),
    line('Host', target.authority, arrival.headers.host),
    line('Connection', 'Upgrade', arrival.headers.connection),
    line('Upgrade', 'websocket', arrival.headers.upgrade),
    line('Origin', target.origin, arrival.headers.origin),
    line('Sec-WebSocket-Version', '13', arrival.headers['sec-websocket-version']),
    line('Sec-WebSocket-Key', answer.key ?? '', arrival.headers['sec-websocket-key']),
    line(
      'Sec-WebSocket-Extensions',
      'permessage-deflate; client_max_window_bits',
      arrival.headers['sec-websocket-extensions'],
    ),
  ]
  const drafts: Draft[] = []
  const add = (...[code, facts]: [Parameters<typeof draft>[0], Parameters<typeof draft>[1]]) =>
    drafts.push(draft(code, facts, evidence))
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
  if (!isUpgrade || drafts.some(({ severity }) => severity === 'error')) {
    dialogue.exchange.socket.destroy()
    return drafts
  }
  if (answer.head?.status !== 101 || answer.head.headers['sec-websocket-accept'] === undefined) {
    dialogue.exchange.socket.destroy()
    add('BW_DOCTOR_ANSWER_CHANGED', { answer: showAnswer(answer) })
    return drafts
  }
  const talk = await converse(dialogue, {
    listenMs: bufferMs,
    expectsMessage: true,
    idleMs,
    ...(idleMs > 0 && { answerMs: bufferMs }),
  })
  if (talk.messages[0] !== greeting) add('BW_DOCTOR_BUFFERED', { ms: bufferMs })
  else if (talk.step === 'idle') {
    const seconds = Math.round((talk.end?.ms ?? 0) / 1000)
    add('BW_DOCTOR_IDLE_TIMEOUT', {
      seconds,
      pings: { en: 'send pings more often', zh: '请更频繁地发送 ping' },
    })
  }
  return drafts
}

function line(name: string, sent: string, arrived: string | undefined): string {
  const same = sent === arrived
  return `${same ? '  ' : '! '}${name}: ${sent}${same ? '' : ` → ${arrived ?? '(gone)'}`}`
}

function isUpgradeRequest({ headers }: Arrival): boolean {
  return /\bupgrade\b/i.test(headers.connection ?? '') && /^websocket$/i.test(headers.upgrade ?? '')
}

const greeting = 'bothways doctor'
const maxHeadBytes = 32 * 1024

/** The server behind the proxy: remembers how requests arrive, and answers as a WebSocket server does. */
class Origin {
  readonly arrivals = new Map<string, Arrival>()
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer(socket => this.#take(socket))

  async listen(port: number, host: string): Promise<number> {
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let head = ''
    let isOpen = false
    socket.on('data', chunk => {
      if (isOpen) {
        answerFrame(socket, chunk)
        return
      }
      head += chunk.toString('latin1')
      if (head.length > maxHeadBytes) socket.destroy()
      const end = head.indexOf('\r\n\r\n')
      if (end < 0) return
      const arrival = readArrival(head.slice(0, end))
      const tag = arrival.headers[tagName.toLowerCase()]
      if (tag !== undefined) this.arrivals.set(tag, arrival)
      const key = arrival.headers['sec-websocket-key']
      if (!isUpgradeRequest(arrival) || key === undefined) {
        socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
        return
      }
      isOpen = true
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key)}\r\n\r\n`,
      )
      socket.write(serializeFrame(Buffer.from(greeting), { opcode: Opcode.Text }))
    })
  }
}

/** Pongs and close frames come whole: they are ours, and a few bytes long. */
function answerFrame(socket: Socket, chunk: Buffer): void {
  const opcode = chunk[0]! & 0x0f
  const length = chunk[1]! & 0x7f
  const payload = chunk.subarray(6, 6 + length).map((byte, index) => byte ^ chunk[2 + (index % 4)]!)
  if (opcode === Opcode.Ping) socket.write(serializeFrame(payload, { opcode: Opcode.Pong }))
  if (opcode === Opcode.Close) socket.end(serializeFrame(payload, { opcode: Opcode.Close }))
}

function readArrival(head: string): Arrival {
  const [requestLine = '', ...lines] = head.split('\r\n')
  const [, target = '', version = ''] = /^\S+ (\S+) HTTP\/(\d\.\d)/.exec(requestLine) ?? []
  const headers: Record<string, string> = {}
  for (const text of lines) {
    const colon = text.indexOf(':')
    if (colon > 0) headers[text.slice(0, colon).toLowerCase()] = text.slice(colon + 1).trim()
  }
  return { version, target, headers }
}
