import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { constants, inflateRawSync } from 'node:zlib'
import { createServer, type Route, type Server, type ServerSocket } from 'bothways'
import type { InspectEvent, WireDirection, WireFrame } from '../messages.ts'
import { FrameScanner, keptPayloadBytes, type ScannedFrame } from './frame-scanner.ts'
import { ObservedStream } from './observed-stream.ts'

export const inspectLimits = {
  viewers: 100,
  /** A viewer with this much unread misses frames, and hears how many. */
  unreadBytes: 262_144,
  eventsInTurn: 200,
  headBytes: 16_384,
  previewCharacters: 200,
} as const

/** The headers of its own requests that a page may not see. */
const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization'])

const Opcode = { Continuation: 0, Text: 1, Close: 8 } as const

/**
 * Shows a page the bytes of its own connection. The page opens `/inspect`, gets a ticket, and connects with
 * `?inspect=TICKET`: the bytes of that connection are told on the first. A ticket is good for one connection.
 */
export class Inspector {
  readonly #viewers = new Map<string, Viewer>()
  readonly #taken = new WeakSet<IncomingMessage>()
  readonly #sockets: Server
  /** The echo with compression, which the ordinary one has not: so there is something to see of it. */
  readonly #echo: Server

  constructor(sockets: Server, origins: readonly string[]) {
    this.#sockets = sockets
    this.#echo = createServer({ origins, compression: { thresholdBytes: 64 } })
    this.#echo.route('/echo', { message: (socket, message) => socket.send(message) })
  }

  get route(): Route<undefined> {
    return {
      open: socket => {
        if (this.#viewers.size >= inspectLimits.viewers) {
          socket.close(1013, 'Too many viewers.')
          return
        }
        const ticket = randomBytes(16).toString('hex')
        this.#viewers.set(ticket, new Viewer(socket))
        socket.data.ticket = ticket
        socket.send(JSON.stringify({ type: 'ticket', ticket } satisfies InspectEvent))
      },
      close: socket => {
        this.#viewers.delete(String(socket.data.ticket))
      },
    }
  }

  /** Whether the upgrade has a ticket. */
  owns(request: IncomingMessage): boolean {
    return this.#taken.has(request) || this.#viewers.has(ticketOf(request) ?? '')
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ticket = ticketOf(request) ?? ''
    const viewer = this.#viewers.get(ticket)
    if (viewer === undefined) return
    this.#viewers.delete(ticket)
    this.#taken.add(request)
    viewer.tell({ type: 'head', date: Date.now(), direction: 'up', text: requestHead(request) })
    const up = new FrameScanner(frame => viewer.tell(wireFrame(frame, 'up')))
    const down = new AnswerScanner(viewer)
    if (head.length > 0) up.push(head)
    const observed = new ObservedStream(
      socket,
      chunk => up.push(chunk),
      chunk => down.push(chunk),
    )
    socket.once('close', () => viewer.tell({ type: 'end', date: Date.now() }))
    const server = /^\/echo(?:\?|$)/.test(request.url ?? '') ? this.#echo : this.#sockets
    server.handleUpgrade(request, observed, head)
  }

  async close(options: Parameters<Server['close']>[0]): Promise<void> {
    await this.#echo.close(options)
  }
}

/** A viewer is told as long as it reads; in a turn of its own, since the event may be of a write under way. */
class Viewer {
  readonly #socket: ServerSocket
  #waiting: InspectEvent[] = []
  #skippedCount = 0

  constructor(socket: ServerSocket) {
    this.#socket = socket
  }

  tell(event: InspectEvent): void {
    const isFull =
      this.#waiting.length >= inspectLimits.eventsInTurn ||
      this.#socket.bufferedAmount > inspectLimits.unreadBytes
    if (event.type === 'frame' && isFull) {
      this.#skippedCount++
      return
    }
    if (this.#skippedCount > 0) this.#push({ type: 'skipped', count: this.#skippedCount })
    this.#skippedCount = 0
    this.#push(event)
  }

  #push(event: InspectEvent): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#send())
    this.#waiting.push(event)
  }

  #send(): void {
    for (const event of this.#waiting) this.#socket.send(JSON.stringify(event))
    this.#waiting = []
  }
}

/** Reads the bytes that the server writes: an HTTP head, then frames, where that head has accepted. */
class AnswerScanner {
  readonly #viewer: Viewer
  readonly #frames: FrameScanner
  #head: Buffer | undefined = Buffer.alloc(0)
  #isRefused = false

  constructor(viewer: Viewer) {
    this.#viewer = viewer
    this.#frames = new FrameScanner(frame => viewer.tell(wireFrame(frame, 'down')))
  }

  push(chunk: Buffer): void {
    if (this.#isRefused) return
    if (this.#head === undefined) {
      this.#frames.push(chunk)
      return
    }
    const head = Buffer.concat([this.#head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end === -1 && head.length < inspectLimits.headBytes) {
      this.#head = head
      return
    }
    this.#head = undefined
    this.#isRefused = !head.subarray(0, 16).toString('latin1').includes(' 101')
    const shown = this.#isRefused ? head : head.subarray(0, end + 4)
    const text = shown.subarray(0, inspectLimits.headBytes).toString('utf8')
    this.#viewer.tell({ type: 'head', date: Date.now(), direction: 'down', text })
    if (!this.#isRefused) this.#frames.push(head.subarray(end + 4))
  }
}

function ticketOf({ url = '' }: IncomingMessage): string | undefined {
  return /[?&]inspect=([0-9a-f]{32})(?:&|$)/.exec(url)?.[1]
}

function requestHead({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]]
    const shown = secretHeaders.has(name.toLowerCase()) ? '…' : value
    lines.push(`${name}: ${shown}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`.slice(0, inspectLimits.headBytes)
}

function wireFrame(frame: ScannedFrame, direction: WireDirection): WireFrame {
  const { fin, rsv, opcode, maskingKey, bytes, header, payload } = frame
  const inflated = rsv[0] && fin && bytes === payload.length ? inflate(payload) : undefined
  const isClose = opcode === Opcode.Close && payload.length >= 2
  return {
    type: 'frame',
    date: Date.now(),
    direction,
    fin,
    rsv,
    opcode,
    ...(maskingKey !== undefined && { maskingKey: maskingKey.toString('hex') }),
    bytes,
    header: header.toString('hex'),
    preview: isClose
      ? payload.toString('utf8', 2)
      : previewOf(inflated ?? payload, opcode === Opcode.Text && (inflated !== undefined || !rsv[0])),
    ...(inflated !== undefined && { inflatedBytes: inflated.length }),
    ...(isClose && { closeCode: payload.readUInt16BE(0) }),
  }
}

function previewOf(bytes: Buffer, isText: boolean): string {
  const { previewCharacters } = inspectLimits
  if (!isText) return bytes.toString('hex', 0, previewCharacters / 2)
  return bytes.toString('utf8', 0, previewCharacters * 4).slice(0, previewCharacters)
}

/** RFC 7692 §7.2.2. Each message stands for itself: no side's compressor refers to earlier ones here. */
function inflate(payload: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(Buffer.concat([payload, Buffer.from('0000ffff', 'hex')]), {
      maxOutputLength: 16 * keptPayloadBytes,
      finishFlush: constants.Z_SYNC_FLUSH,
    })
  } catch {
    return undefined
  }
}
