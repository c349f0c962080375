/** The messages between the page and the server, as JSON. The page's build reads this file, too: it imports nothing. */

/** The connection that the page asks the server to try, by `POST /diagnose`. */
export interface ProbeRequest {
  readonly url: string
  readonly protocols: readonly string[]
  readonly language: 'en' | 'zh'
}

export interface ProbeFinding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly title: string
  readonly evidence: readonly string[]
  readonly advice: string
}

export type ProbeAnswer =
  | { readonly ok: boolean; readonly findings: readonly ProbeFinding[] }
  | { readonly refused: 'method' | 'page' | 'json' | 'reader' | 'busy' | 'target' | 'failed' }

/** How often the host is sampled, for topics `load/MS` at {@link figuresPath}; who listens chooses one, in ms. */
export const sampleIntervalsMs = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const

/** The facts about the host that do not change while the process runs. */
export interface Host {
  readonly hostname: string
  readonly platform: string
  readonly cpuModel: string
  readonly cpuCount: number
  readonly nodeVersion: string
}

/** The value of `load` and of `load/MS`. */
export interface HostSample {
  /** Counts the samples of one topic: samples missing in between were skipped. */
  readonly sequence: number
  readonly date: number
  readonly host: Host
  /** Shares of the whole machine, 0 to 1; `process` may exceed `host` for an instant, since they are read apart. */
  readonly cpu: { readonly host: number; readonly process: number }
  /** In bytes. */
  readonly memory: {
    readonly total: number
    readonly used: number
    readonly rss: number
    readonly heapUsed: number
  }
  readonly eventLoopDelayMs: { readonly mean: number; readonly p99: number; readonly max: number }
  readonly connections: number
  readonly messagesPerSecond: { readonly in: number; readonly out: number }
  /** Load averages over 1, 5 and 15 minutes; zeros on Windows. */
  readonly load: readonly [number, number, number]
  readonly uptimeSeconds: number
  /** Where several processes answer on the port: how many these figures are the sums of, and of delays the longest. */
  readonly workers?: number
}

/** How often a value changes, for topics `changes/RATE` at {@link figuresPath}; who listens chooses one. */
export const changesPerSecond = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50] as const

/** A publication of `changes/RATE`. */
export interface Change {
  readonly sequence: number
  /** Milliseconds since 1970, with fractions, by the server's clock. */
  readonly date: number
  readonly value: number
}

/** The path of the topics about this process: no other process has them, and they end with it. */
export const figuresPath = '/figures'

/** The four ways to get the messages of a topic. */
export const ways = ['poll', 'longPoll', 'events', 'socket'] as const
export type Way = (typeof ways)[number]

/** Measured at the server's TCP sockets: HTTP headers and frame headers are in, TCP/IP and TLS are not. */
export interface WireBytes {
  /** From the client to the server. */
  readonly up: number
  readonly down: number
}

/**
 * The methods at {@link figuresPath}. `isOneOfMany`: whether requests reach other processes as well, which have figures of their
 * own. `time` is the server's clock, in ms since 1970 with fractions. `traffic` takes the name of a
 * meter, and says what the requests and WebSockets with `meter=NAME&way=WAY` in their query have moved.
 */
export type FiguresMethods = {
  readonly isOneOfMany: { readonly input: null; readonly output: boolean }
  readonly time: { readonly input: null; readonly output: number }
  readonly traffic: { readonly input: string; readonly output: Readonly<Record<Way, WireBytes>> }
}

/** From the page to the server, or back. */
export type WireDirection = 'up' | 'down'

/** One frame as it went over the wire (RFC 6455 §5.2). */
export interface WireFrame {
  readonly type: 'frame'
  readonly date: number
  readonly direction: WireDirection
  readonly fin: boolean
  readonly rsv: readonly [boolean, boolean, boolean]
  readonly opcode: number
  /** As hexadecimal digits; undefined without a mask. */
  readonly maskingKey?: string
  /** Of the payload, as it went over the wire. */
  readonly bytes: number
  /** The frame's header, as hexadecimal digits. */
  readonly header: string
  /** The beginning of the payload, unmasked: of text as text, else as hexadecimal digits. */
  readonly preview: string
  /** The number of bytes that a compressed message has inflated to. */
  readonly inflatedBytes?: number
  /** Of a close frame that has one. */
  readonly closeCode?: number
}

/** The head of the opening handshake's request or answer. Values that are secret are left out. */
export interface WireHead {
  readonly type: 'head'
  readonly date: number
  readonly direction: WireDirection
  readonly text: string
}

export type InspectEvent =
  /** A connection whose query has `inspect=TICKET` is shown here. */
  | { readonly type: 'ticket'; readonly ticket: string }
  | WireHead
  | WireFrame
  /** TCP is over. */
  | { readonly type: 'end'; readonly date: number }
  /** So many frames were left out because the page reads too slowly. */
  | { readonly type: 'skipped'; readonly count: number }
