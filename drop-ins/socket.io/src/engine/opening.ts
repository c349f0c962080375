import type { Buffer } from 'node:buffer'
import type { OutgoingHttpHeaders } from 'node:http'
import { Socket as NetSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import {
  type AcceptedRequest,
  acceptDeflateOffer,
  deflateDirections,
  resolveDeflateOptions,
  serializeResponse,
  serverResponseHeaders,
} from '@bothways/protocol'
import { type ConnectionSettings, resolveConnectionOptions } from 'bothways/connection'
import type { PerMessageDeflateOptions, ServerSettings } from './options.ts'
import type { WebSocketInit } from './websocket-transport.ts'

/** The largest message that could become a string, in bytes. */
const largestMessageBytes = resolveConnectionOptions({ maxMessageBytes: Infinity }, 'server').maxMessageBytes

/** The bounds of all WebSocket connections of a server. */
export function connectionSettings({
  maxHttpBufferSize,
  perMessageDeflate,
}: ServerSettings): ConnectionSettings {
  const compression = perMessageDeflate && {
    level: levelOf(perMessageDeflate),
    thresholdBytes: perMessageDeflate.threshold ?? 0,
  }
  const settings = resolveConnectionOptions(
    {
      maxMessageBytes: Math.min(Math.floor(maxHttpBufferSize), largestMessageBytes),
      // Engine.IO has its own.
      keepalive: false,
      compression,
    },
    'server',
  )
  // The session counts the bytes that wait.
  return { ...settings, maxBufferedBytes: Number.MAX_SAFE_INTEGER }
}

/** The socket and first bytes that an HTTP server hands over, and the headers that the program adds to the answer. */
export interface UpgradeParts {
  readonly socket: Duplex
  readonly head: Buffer
  readonly headers: OutgoingHttpHeaders
}

/**
 * Answers a checked request with 101 and hands its connection over (RFC 6455 §4.2.2).
 *
 * @throws UsageError when a header cannot be sent; then nothing was
 */
export function openWebSocket(
  { key, subprotocols, extensions }: AcceptedRequest,
  { socket, head, headers: extra }: UpgradeParts,
  { perMessageDeflate }: ServerSettings,
  settings: ConnectionSettings,
): WebSocketInit {
  const deflate = perMessageDeflate && acceptDeflateOffer(extensions, deflateOptions(perMessageDeflate))
  const headers = serverResponseHeaders({
    key,
    // As npm's does: none of them means anything to Engine.IO, but a client that offers some wants one.
    subprotocol: subprotocols[0],
    extensions: deflate ? [deflate.response] : [],
    extra: Object.fromEntries(
      Object.entries(extra).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
    ),
  })
  if (socket instanceof NetSocket) {
    socket.setTimeout(0)
    socket.setNoDelay()
  }
  socket.write(serializeResponse(101, headers))
  return {
    socket,
    head,
    settings,
    deflate: deflate ? deflateDirections(deflate.agreement, 'server') : undefined,
  }
}

function deflateOptions(options: PerMessageDeflateOptions): ReturnType<typeof resolveDeflateOptions> {
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
    options
  return resolveDeflateOptions({
    ...(serverNoContextTakeover !== undefined && { serverNoContextTakeover }),
    ...(clientNoContextTakeover !== undefined && { clientNoContextTakeover }),
    ...(serverMaxWindowBits !== undefined && { serverMaxWindowBits }),
    ...(clientMaxWindowBits !== undefined && { clientMaxWindowBits }),
  })
}

/** zlib's; the core takes only the levels that compress. */
function levelOf({ zlibDeflateOptions }: PerMessageDeflateOptions): number {
  const level = zlibDeflateOptions?.level ?? -1
  return level >= 1 && level <= 9 ? level : 6
}
