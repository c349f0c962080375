/** What the page and the server say to each other, as JSON. Types only: the page's build reads this file too. */

export interface ChatMember {
  readonly id: string
  readonly name: string
}

export interface ChatMessage extends ChatMember {
  readonly text: string
  /** Milliseconds since 1970, by the server's clock. */
  readonly date: number
}

export type ChatRequest =
  | { readonly type: 'join'; readonly room: string; readonly name: string }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'leave' }

export type ChatErrorCode =
  | 'not-text'
  | 'not-json'
  | 'unknown-type'
  | 'invalid-field'
  | 'empty'
  | 'too-long'
  | 'too-fast'
  | 'not-joined'
  | 'name-taken'
  | 'room-full'
  | 'too-many-rooms'

export interface ChatError {
  readonly code: ChatErrorCode
  /** What is wrong, in English; the page says it in the reader's language by `code`. */
  readonly text: string
}

export interface ChatJoined {
  readonly room: string
  /** The one who joined. */
  readonly id: string
  readonly members: readonly ChatMember[]
  /** The newest last. */
  readonly recent: readonly ChatMessage[]
}

export type ChatEvent =
  | ({ readonly type: 'joined' } & ChatJoined)
  | ({ readonly type: 'message' } & ChatMessage)
  | ({ readonly type: 'sent' } & ChatMessage)
  | ({ readonly type: 'member-joined' } & ChatMember)
  | ({ readonly type: 'member-left' } & ChatMember)
  | { readonly type: 'left' }
  | ({ readonly type: 'error' } & ChatError)

/** What the page asks the server to try, by `POST /diagnose`. */
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

/** A viewer of the monitor says how often it wants a sample. */
export interface MonitorRate {
  readonly type: 'rate'
  /** 50 to 10,000. */
  readonly intervalMs: number
}

export interface MonitorHello {
  readonly type: 'hello'
  readonly hostname: string
  readonly platform: string
  readonly cpuModel: string
  readonly cpuCount: number
  readonly nodeVersion: string
  readonly intervalMs: number
}

export interface MonitorSample {
  readonly type: 'sample'
  readonly date: number
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
  /** Samples that were left out before this one because the viewer reads too slowly. */
  readonly skipped: number
}

export type MonitorEvent = MonitorHello | MonitorSample

export type Way = 'poll' | 'longPoll' | 'events' | 'socket'

export interface Change {
  readonly sequence: number
  /** Milliseconds since 1970, with fractions, by the server's clock. */
  readonly date: number
  readonly value: number
}

/** What polling and long polling are answered. */
export interface ChangesAnswer {
  readonly changes: readonly Change[]
}

/** What one way has cost since the last reset, measured at the server's TCP sockets. */
export interface WayTraffic {
  readonly requests: number
  readonly emptyAnswers: number
  /** From the browser to the server, HTTP headers and frame headers included, TCP/IP and TLS not. */
  readonly bytesUp: number
  readonly bytesDown: number
}

export type CompareRequest =
  | { readonly type: 'time'; readonly sent: number }
  | { readonly type: 'rate'; readonly perSecond: number }
  | { readonly type: 'reset' }

export type CompareEvent =
  | {
      readonly type: 'hello'
      /** Goes into the query of the four ways. */
      readonly viewer: string
      readonly sequence: number
      readonly perSecond: number
    }
  | { readonly type: 'time'; readonly sent: number; readonly date: number }
  | { readonly type: 'rate'; readonly perSecond: number }
  | {
      readonly type: 'traffic'
      /** Changes since the last reset. */
      readonly changes: number
      readonly ways: Readonly<Record<Way, WayTraffic>>
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
  /** What a compressed message has become: its bytes. */
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
