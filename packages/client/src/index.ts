import { ClientError } from './core/client-error.ts'
import {
  type Client,
  type Contract,
  type ClientOptions as CoreOptions,
  startClient,
  topicsUrl,
  webSocketTransport,
} from './core/client-kit.ts'
import { eventStreamTransport } from './fallbacks/event-stream.ts'
import { createFallbacks, type Memory } from './fallbacks/fallbacks.ts'
import { longPollTransport } from './fallbacks/long-poll.ts'
import { originOfPage } from './tabs/channel.ts'
import { shareLine } from './tabs/tabs.ts'

export type * from './core/index.ts'
export { ClientError }

export interface ClientOptions extends CoreOptions {
  /**
   * `tabs`: all tabs of an origin that name this URL have one connection. The same user must be signed in in all. Without Web
   * Locks, as in pages that came by plain `http:`, each has its own. Default: each has its own.
   */
  readonly share?: 'tabs'
}

/**
 * Makes the client of a server's topics, and connects it: by WebSocket, where that does not work by an event stream, where
 * that does not either by long polling.
 *
 * @param url of the topics: absolute, or in a page a path of its server
 * @throws TypeError when it is none
 * @example
 * const client = createClient('/bothways')
 * const room = client.topic('room/42', { last: 50 })
 * room.on('publication', ({ data }) => console.log(data))
 * await room.publish({ text: '你好' })
 */
export function createClient<C extends Contract = Contract>(
  url: string | URL,
  options: ClientOptions = {},
): Client<C> {
  const { WebSocket } = globalThis as { WebSocket?: unknown }
  const overHttp = [eventStreamTransport, longPollTransport]
  const hasWebSocket = (options.WebSocket ?? WebSocket) !== undefined
  const openers = hasWebSocket ? [webSocketTransport, ...overHttp] : overHttp
  const { open } = createFallbacks(openers, topicsUrl(url), pageMemory())
  if (options.share !== undefined && options.share !== 'tabs') {
    throw new ClientError('wrong_use', `share is 'tabs', or left out; got ${options.share}.`)
  }
  const origin = options.share === 'tabs' ? originOfPage() : undefined
  return startClient<C>(url, options, origin === undefined ? open : shareLine(open, topicsUrl(url), origin))
}

/** Where a browser lets a page keep something. */
function pageMemory(): Memory | undefined {
  try {
    const page = globalThis as { document?: unknown; localStorage?: Memory }
    // Node.js has a storage as well, which warns whoever looks at it.
    return page.document === undefined ? undefined : page.localStorage
  } catch {
    // Forbidden by the user.
    return undefined
  }
}
