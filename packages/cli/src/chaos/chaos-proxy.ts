import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Fate } from './faults.ts'
import { FrameWalker } from './frame-walker.ts'
import { Lane } from './lane.ts'
import { changeHead } from './request-head.ts'

/** A longer head of a request is passed on as it is. */
const longestHeadBytes = 16 * 1024
/** How long a cut waits for a frame to be in the middle of, in ms. */
const cutAnywayMs = 1_000

/** An event of a connection, as `onFault` is told of it. */
export type ConnectionEvent = 'opened' | 'stripped' | 'cut' | 'stalled' | 'silent' | 'unreachable'

export interface ChaosOptions {
  /** Of the server: `ws:`, `wss:`, `http:` or `https:`. A function: which it is for the next connection; undefined: none. */
  readonly target: URL | (() => URL | undefined)
  readonly port: number
  readonly host: string
  /** The fate of a connection by its number, counted from 1. */
  fateOf(connection: number): Fate
  /** Hears what is done to which connection. */
  onFault?(connection: number, what: ConnectionEvent): void
}

/** A proxy between a client and a server of WebSockets, under which networks and proxies misbehave as told. */
export class ChaosProxy {
  readonly #options: ChaosOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #count = 0

  constructor(options: ChaosOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true }, client => this.#take(client))
  }

  /** Rejects with Node's error (`EADDRINUSE` …). @returns the port */
  async listen(): Promise<number> {
    this.#server.listen(this.#options.port, this.#options.host)
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts every connection that is open now; new ones are taken. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.cutAll()
    await closed
  }

  #take(client: Socket): void {
    const { target: targets } = this.#options
    const target = typeof targets === 'function' ? targets() : targets
    if (target === undefined) {
      client.destroy()
      return
    }
    const number = ++this.#count
    const fate = this.#options.fateOf(number)
    const server = this.#connect(target)
    const tell = (what: ConnectionEvent) => this.#options.onFault?.(number, what)
    const timers: NodeJS.Timeout[] = []
    const cut = () => {
      client.destroy()
      server.destroy()
    }
    const events = {
      onStall: () => tell('stalled'),
      onCut: () => {
        isCut = true
        tell('cut')
      },
      onEnd: cut,
    }
    const there = new Lane(client, server, { ...fate, breaks: fate.breaks?.there }, events)
    const back = new Lane(server, client, { ...fate, breaks: fate.breaks?.back }, events)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        for (const timer of timers) clearTimeout(timer)
        // Data that had come before its end is still on its way.
        if (!socket.readableEnded) other.destroy()
      })
    }
    server.once('error', () => tell('unreachable'))
    this.#readHead(client, there, target, fate, tell)
    for (const [socket, other, lane] of [
      [client, server, there],
      [server, client, back],
    ] as const) {
      socket.on('end', () => {
        // In silence neither hears of the other's end, and when both have gone nobody is left.
        if (other.destroyed || (isSilent && other.readableEnded)) cut()
        else lane.push(undefined)
      })
    }

    const frames = new FrameWalker()
    let isOpen = false
    let isDoomed = false
    let isSilent = false
    let isCut = false
    let answer = ''
    server.on('data', (bytes: Buffer) => {
      if (isCut) return
      let starts: number[] = []
      if (isOpen) starts = frames.push(bytes)
      else {
        answer = (answer + bytes.toString('latin1')).slice(-longestHeadBytes)
        const end = answer.indexOf('\r\n\r\n')
        if (end !== -1) {
          isOpen = true
          tell('opened')
          const behind = answer.length - end - 4
          if (behind > 0) frames.push(bytes.subarray(bytes.length - behind))
          begin()
        }
      }
      const last = starts.at(-1)
      if (!isDoomed || last === undefined) {
        back.push(bytes)
        return
      }
      // In the middle of a frame: its first byte still passes.
      back.cutBehind(bytes.subarray(0, last + 1))
    })

    function begin(): void {
      const { killAfterMs, freezeAfterMs } = fate
      if (killAfterMs !== undefined) {
        timers.push(
          setTimeout(() => {
            isDoomed = true
            timers.push(
              setTimeout(() => {
                if (!isCut) tell('cut')
                cut()
              }, cutAnywayMs),
            )
          }, killAfterMs),
        )
      }
      if (freezeAfterMs !== undefined) {
        timers.push(
          setTimeout(() => {
            isSilent = true
            tell('silent')
            there.freeze()
            back.freeze()
          }, freezeAfterMs),
        )
      }
    }
  }

  /** The head of the request is changed; all that follows passes as it is. */
  #readHead(
    client: Socket,
    there: Lane,
    target: URL,
    { stripsUpgrade }: Fate,
    tell: (what: 'stripped') => void,
  ): void {
    const scheme = target.protocol.replace('ws', 'http')
    const changes = {
      host: target.host,
      origin: `${scheme}//${target.host}`,
      stripsUpgrade,
    }
    let isPast = false
    let seen = Buffer.alloc(0)
    client.on('data', (bytes: Buffer) => {
      if (isPast) {
        there.push(bytes)
        return
      }
      seen = Buffer.concat([seen, bytes])
      const end = seen.indexOf('\r\n\r\n')
      if (end === -1 && seen.length < longestHeadBytes) return
      isPast = true
      if (end === -1) {
        there.push(seen)
        return
      }
      const before = seen.subarray(0, end).toString('latin1')
      const { head, isUpgrade } = changeHead(before, changes)
      if (!isUpgrade && /^upgrade:/im.test(before)) tell('stripped')
      there.push(Buffer.concat([Buffer.from(head, 'latin1'), seen.subarray(end)]))
    })
  }

  #connect({ protocol, hostname, port }: URL): Socket {
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    const isSecure = protocol === 'wss:' || protocol === 'https:'
    const number = Number(port) || (isSecure ? 443 : 80)
    const options = { host, port: number, allowHalfOpen: true }
    return isSecure
      ? connectTls({ ...options, servername: host, ALPNProtocols: ['http/1.1'] })
      : connect(options)
  }
}
