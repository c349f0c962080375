import type { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { ByteBudget } from 'bothways/connection'
import { RequestBody } from 'bothways/exchange'
import type { ClusterBus, ClusterMembership, ClusterMessage } from '../cluster/cluster-bus.ts'
import type { EngineRequest } from './engine-request.ts'
import { ForwardedResponse, forwardedRequest } from './forwarded-exchange.ts'
import { ForwardedPlaces } from './forwarded-places.ts'
import { KnownServers } from './known-servers.ts'

/** This server as {@link SessionForwarding} uses it. */
export interface ForwardingServer {
  readonly maxBodyBytes: number
  /** The bodies of all requests of the server. */
  readonly bodies: ByteBudget
  /** Takes a request of a session of this server. */
  handle(request: EngineRequest, response: ServerResponse): void
}

/**
 * The owner of a session says at once that it has got a request; without that for so long it is gone, in ms. A refusal ends the session,
 * and one that is only busy may take seconds.
 */
const takenMs = 10_000

/** These are of one connection (RFC 9110 §7.6.1). */
const hopHeaders = ['connection', 'keep-alive', 'transfer-encoding'] as const

interface Waiting {
  readonly response: ServerResponse
  readonly owner: string
  readonly timer: NodeJS.Timeout
}

/** A request on its way to the server that has its session. */
interface Forwarded {
  readonly request: EngineRequest
  readonly response: ServerResponse
  readonly owner: string
  /** Nobody has the session. */
  refuse(): void
}

type Poll = Extract<ClusterMessage, { type: 'poll' }>

/**
 * Lets any server answer any request of a session that polls: its id names the server that has it, which gets the request
 * over the bus and answers it.
 */
export class SessionForwarding {
  readonly #id = randomBytes(9).toString('base64url')
  readonly #server: ForwardingServer
  readonly #membership: ClusterMembership
  readonly #servers: KnownServers
  readonly #places = new ForwardedPlaces()
  /** Requests of clients that other servers answer. */
  readonly #waiting = new Map<string, Waiting>()
  /** Requests of other servers that this one answers. */
  readonly #answering = new Map<string, ForwardedResponse>()
  #count = 0

  constructor(bus: ClusterBus, server: ForwardingServer) {
    this.#server = server
    this.#membership = bus.join('/engine.io', {
      id: this.#id,
      onMessage: message => this.#onMessage(message),
    })
    this.#servers = new KnownServers(this.#membership)
  }

  /** The id of a session of this server. */
  idOf(session: string): string {
    return `${session}.${this.#id}`
  }

  /** The other server that has a session; undefined when its id names none. */
  ownerOf(sid: string): string | undefined {
    const [, owner] = /\.([\w-]{12})$/.exec(sid) ?? []
    return owner === this.#id ? undefined : owner
  }

  /** @param refuse told when nobody has the session */
  forward(request: EngineRequest, response: ServerResponse, owner: string, refuse: () => void): void {
    const address = request.socket?.remoteAddress ?? ''
    const giveBack = this.#places.take(request._query.sid ?? '', address, () => {
      if (!isOver(response)) response.writeHead(503).end()
    })
    if (giveBack === undefined) {
      response.writeHead(503).end()
      return
    }
    response.once('close', giveBack)
    const forwarded: Forwarded = { request, response, owner, refuse }
    void this.#servers.has(owner).then(isKnown => {
      if (isOver(response)) return
      if (isKnown) this.#sendWhole(forwarded)
      else refuse()
    })
  }

  #sendWhole(forwarded: Forwarded): void {
    const { request, response } = forwarded
    if (request.method === 'GET') {
      this.#send(forwarded, undefined)
      return
    }
    const body = new RequestBody(request, this.#server.maxBodyBytes, this.#server.bodies, {
      onBody: bytes => {
        this.#send(forwarded, bytes)
        body.release()
      },
      onBodyFailure: failure => {
        if (failure !== 'broken off' && !isOver(response))
          response.writeHead(failure === 'too long' ? 413 : 503).end()
      },
    })
  }

  close(): void {
    void this.#membership.leave()
    for (const { timer, response } of this.#waiting.values()) {
      clearTimeout(timer)
      if (!isOver(response)) response.writeHead(503).end()
    }
    this.#waiting.clear()
  }

  #send({ request, response, owner, refuse }: Forwarded, body: Buffer | undefined): void {
    const { method = '', url = '', headers, socket } = request
    if (isOver(response)) return
    const id = `${this.#id}${(this.#count++).toString(36)}`
    const timer = setTimeout(() => {
      this.#waiting.delete(id)
      if (!isOver(response)) refuse()
    }, takenMs)
    this.#waiting.set(id, { response, owner, timer })
    response.once('close', () => {
      clearTimeout(timer)
      if (this.#waiting.delete(id)) this.#membership.publish({ type: 'poll aborted', id }, owner)
    })
    const address = socket?.remoteAddress ?? ''
    const poll: Poll = { type: 'poll', id, from: this.#id, method, url, headers, address, body }
    this.#membership.publish(poll, owner)
  }

  #onMessage(message: ClusterMessage): void {
    if (message.type === 'poll') this.#onPoll(message)
    else if (message.type === 'poll aborted') this.#answering.get(message.id)?.destroy()
    else if (message.type === 'poll taken') clearTimeout(this.#waiting.get(message.id)?.timer)
    else if (message.type === 'poll answered') this.#onAnswer(message)
  }

  #onPoll(poll: Poll): void {
    const { id, from } = poll
    this.#membership.publish({ type: 'poll taken', id }, from)
    const request = forwardedRequest(poll)
    const response = new ForwardedResponse(request, (status, headers, body) => {
      this.#answering.delete(id)
      this.#membership.publish({ type: 'poll answered', id, status, headers, body }, from)
    })
    response.once('close', () => this.#answering.delete(id))
    this.#answering.set(id, response)
    this.#server.handle(request, response)
  }

  #onAnswer({ id, status, headers, body }: Extract<ClusterMessage, { type: 'poll answered' }>): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    if (isOver(waiting.response)) return
    const own: OutgoingHttpHeaders = { ...headers }
    for (const name of hopHeaders) delete own[name]
    waiting.response.writeHead(status, own).end(body)
  }
}

/** Its client has gone, or its place: then it has been answered. */
function isOver(response: ServerResponse): boolean {
  return response.destroyed || response.writableEnded
}
