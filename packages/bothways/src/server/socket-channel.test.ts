import type { CloseCode } from '@bothways/protocol'
import { describe, expect, test } from 'vitest'
import { describeDisconnect } from '../connection/disconnect.ts'
import { ReadyState } from '../connection/ending.ts'
import { type MessageData, messageSize } from '../connection/message-data.ts'
import type { Publication } from '../connection/sending/publication.ts'
import type { SendOutcome } from '../connection/sending/send-outcome.ts'
import type { UpgradeRequest } from '../opening/upgrade-request.ts'
import { noCounts } from './counts.ts'
import { Topics } from './plain-topics/topics.ts'
import { ServerSocket, type SocketHandlers, type SocketHost, type SocketInit } from './server-socket.ts'
import type { SocketChannel, SocketChannelHandler } from './socket-channel.ts'

/** A channel that carries nothing anywhere. */
class MemoryChannel implements SocketChannel {
  readonly handler: SocketChannelHandler
  readyState: ReadyState = ReadyState.Open
  bufferedAmount = 0
  get isOpen(): boolean {
    return this.readyState === ReadyState.Open
  }
  roundTripTimeMs = undefined
  bytesReceived = 0
  bytesSent = 0
  outcome: SendOutcome = 'sent'
  readonly did: unknown[] = []
  isPaused = false

  constructor(handler: SocketChannelHandler) {
    this.handler = handler
  }

  start(): void {}
  receive(bytes: Uint8Array): void {
    this.handler.onMessage(Buffer.from(bytes), bytes.length, false)
  }
  hear(text: string): void {
    this.handler.onMessage(text, text.length, true)
  }
  send(data: MessageData): SendOutcome {
    this.did.push(data)
    this.handler.onSent?.(messageSize(data))
    return this.outcome
  }
  sendShared(message: Publication): SendOutcome {
    this.did.push(message.data)
    return this.outcome
  }
  ping(): Promise<number> {
    return Promise.resolve(7)
  }
  close(code?: number, reason = ''): void {
    this.#end(`close ${code} ${reason}`)
  }
  closeForPolicy(code: CloseCode, error: Error): void {
    this.#end(`close ${code} ${error.message}`)
  }
  fail(code: CloseCode, _error: Error, reason: string): void {
    this.#end(`fail ${code} ${reason}`)
  }
  terminate(): void {
    this.#end('terminate')
  }
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
  hasTime(): boolean {
    return true
  }
  countUnread(): void {}

  #end(how: string): void {
    if (this.readyState !== ReadyState.Open) return
    this.did.push(how)
    this.readyState = ReadyState.Closing
    this.handler.onClosing?.(undefined)
    this.readyState = ReadyState.Closed
    const frame = { code: 1000, reason: 'bye' }
    this.handler.onClose(describeDisconnect({ by: 'us', error: undefined, sent: frame, received: frame }))
  }
}

/** Sockets on such channels, in one server's topics. */
class Host implements SocketHost<undefined> {
  readonly topics = new Topics<Publication>()
  readonly counts = noCounts()
  readonly meeting = undefined
  readonly maxTopicsPerSocket = 1
  readonly channels: MemoryChannel[] = []
  readonly errors: unknown[] = []

  openChannel(handler: SocketChannelHandler): SocketChannel {
    const channel = new MemoryChannel(handler)
    this.channels.push(channel)
    return channel
  }
  onError(error: unknown): void {
    this.errors.push(error)
  }
  onClose(): void {}
  onSettled(): void {}

  open(handlers: SocketHandlers<undefined>): { socket: ServerSocket; channel: MemoryChannel } {
    const request = { path: '/', remoteAddress: '192.0.2.1' } as UpgradeRequest
    const init = { request, user: undefined, protocol: '', extensions: '' } as SocketInit<undefined>
    const socket = new ServerSocket(init, this)
    ServerSocket.start(socket, handlers, new Uint8Array(0))
    return { socket, channel: this.channels.at(-1) as MemoryChannel }
  }
}

describe('A socket on a channel that is no WebSocket', () => {
  test('hears and answers, and its publishes reach the others', async () => {
    const host = new Host()
    const { socket, channel } = host.open({
      open: it => it.subscribe('news'),
      message: (it, message) => {
        it.send(`heard ${message}`)
        it.publish('news', message)
      },
    })
    const other = host.open({ open: it => it.subscribe('news') })
    channel.hear('hello')
    expect(channel.did).toEqual(['heard hello'])
    expect(other.channel.did).toEqual(['hello'])
    expect(await socket.ping()).toBe(7)
    expect(host.counts).toMatchObject({ messagesReceived: 1, messagesSent: 2 })
  })

  test('says when it is behind, and hears of room', async () => {
    const drained: string[] = []
    const { socket, channel } = new Host().open({ drain: () => drained.push('drain') })
    channel.outcome = 'queued'
    expect(socket.send('x')).toBe(false)
    channel.handler.onDrain?.()
    expect(drained).toEqual(['drain'])
  })

  test('makes it wait while a handler is busy', async () => {
    let finish = (): void => {}
    const seen: number[] = []
    const { channel } = new Host().open({
      message: (_, message) => {
        seen.push(message.length)
        return new Promise<void>(resolve => {
          finish = resolve
        })
      },
    })
    for (let count = 0; count < 3; count++) channel.hear('x'.repeat(40_000))
    expect([channel.isPaused, seen.length]).toEqual([true, 1])
    finish()
    await expect.poll(() => seen.length).toBe(2)
    expect(channel.isPaused).toBe(false)
  })

  test('ends as it ends, and leaves its topics', () => {
    const host = new Host()
    const ended: unknown[] = []
    const { socket, channel } = host.open({
      open: it => it.subscribe('news'),
      close: (_, code, reason) => ended.push(code, reason),
    })
    socket.close(1001, 'later')
    expect(channel.did).toEqual(['close 1001 later'])
    expect(ended).toEqual([1000, 'bye'])
    expect(host.topics.countOf(socket)).toBe(0)
    expect(socket.disconnect).toMatchObject({ by: 'us', wasClean: true })
  })

  test('ends for a bound, and for a handler that fails', () => {
    const host = new Host()
    const { socket, channel } = host.open({ open: it => it.subscribe('a') })
    socket.subscribe('b')
    expect(channel.did).toEqual([expect.stringContaining('close 1008')])
    const failing = host.open({
      message: () => {
        throw new Error('of the program')
      },
    })
    failing.channel.hear('x')
    expect(failing.channel.did).toEqual(['fail 1011 The server failed.'])
    expect(host.errors).toEqual([new Error('of the program')])
  })
})
