import type { HandshakeAnswer } from '../errors.ts'

/** Why a server may have answered an opening handshake with something other than 101, and what to do. */
export interface AnswerCause {
  readonly id: string
  /** The finding of `bothways doctor` that says more about it. */
  readonly doctor: string
  readonly cause: string
  readonly cure: string
}

interface AnswerRule extends AnswerCause {
  readonly firstStatus: number
  /** Default: {@link firstStatus} alone. */
  readonly lastStatus?: number
  /** The body must say this as well. */
  readonly body?: RegExp
  /** The answer must carry this header as well. */
  readonly header?: string
}

/** The first rule that fits gives the cause, so what a body proves stands before what a status suggests. */
const rules: readonly AnswerRule[] = [
  {
    id: 'socket-io',
    doctor: 'BW_DOCTOR_SOCKET_IO_SERVER',
    firstStatus: 400,
    body: /Transport unknown/,
    cause: 'this is a Socket.IO server and not a plain WebSocket endpoint',
    cure: 'Use socket.io-client, or add ?EIO=4&transport=websocket to the URL and speak its protocol.',
  },
  {
    id: 'socket-io-not-sticky',
    doctor: 'BW_DOCTOR_SOCKET_IO_NOT_STICKY',
    firstStatus: 400,
    body: /Session ID unknown/,
    cause: 'this is a Socket.IO server behind a load balancer without sticky sessions',
    cure: 'Switch on sticky sessions, or allow the websocket transport only.',
  },
  {
    id: 'socket-io-version',
    doctor: 'BW_DOCTOR_SOCKET_IO_VERSION',
    firstStatus: 400,
    body: /Unsupported protocol version/,
    cause: 'this Socket.IO server does not speak the version of Engine.IO that was asked for',
    cure: 'Use EIO=4, or set allowEIO3 on the server.',
  },
  {
    id: 'socket-io-upgrade-stripped',
    doctor: 'BW_DOCTOR_UPGRADE_STRIPPED',
    firstStatus: 400,
    body: /"code"\s*:\s*3\b/,
    cause: 'a proxy removed the headers Upgrade and Connection before a Socket.IO server',
    cure: 'Let the proxy pass both headers on; nginx also needs proxy_http_version 1.1.',
  },
  {
    id: 'plain-to-tls',
    doctor: 'BW_DOCTOR_WS_TO_TLS_PORT',
    firstStatus: 400,
    body: /plain HTTP request was sent to HTTPS port/i,
    cause: 'the port expects TLS',
    cure: 'Use wss:// instead of ws://.',
  },
  {
    id: 'wrong-path',
    doctor: 'BW_DOCTOR_WRONG_PATH',
    firstStatus: 400,
    body: /^Bad Request$/,
    cause: 'a WebSocket server listens here under another path',
    cure: 'Check the path of the URL against the path option of the server.',
  },
  {
    id: 'version-unsupported',
    doctor: 'BW_DOCTOR_HEADERS_MANGLED',
    firstStatus: 400,
    lastStatus: 426,
    header: 'sec-websocket-version',
    cause: 'the headers Sec-WebSocket-Key or Sec-WebSocket-Version did not arrive as they were sent',
    cure: 'Look for a proxy that removes or merges headers, and connect without it to compare.',
  },
  {
    id: 'http-route',
    doctor: 'BW_DOCTOR_HTTP_ANSWERED',
    firstStatus: 200,
    lastStatus: 299,
    cause:
      'an ordinary HTTP route, a page or a login answered because no WebSocket server handles upgrades for this path',
    cure: 'Check the path, and attach the WebSocket server to the same HTTP server.',
  },
  {
    id: 'redirect',
    doctor: 'BW_DOCTOR_REDIRECTED',
    firstStatus: 300,
    lastStatus: 399,
    cause:
      'the server redirects (http to https, a trailing slash or a login), which WebSocket clients do not follow',
    cure: 'Use the final URL.',
  },
  {
    id: 'bad-request',
    doctor: 'BW_DOCTOR_BAD_REQUEST',
    firstStatus: 400,
    cause: 'the server did not understand the request, often because a proxy changed its headers',
    cure: 'Read the body of the answer, and connect without proxies to compare.',
  },
  {
    id: 'authentication',
    doctor: 'BW_DOCTOR_AUTHENTICATION',
    firstStatus: 401,
    cause: 'the server wants credentials that were missing or wrong',
    cure: 'Send a cookie or an Authorization header; browsers can only send cookies.',
  },
  {
    id: 'forbidden',
    doctor: 'BW_DOCTOR_FORBIDDEN',
    firstStatus: 403,
    cause: 'the server or a firewall refused the client, often because of its Origin',
    cure: 'Allow the origin on the server, and check bot protection.',
  },
  {
    id: 'not-found',
    doctor: 'BW_DOCTOR_NOT_FOUND',
    firstStatus: 404,
    cause: 'nothing handles WebSocket under this path, or a proxy has no route for it',
    cure: 'Check the path of the URL and the locations of the proxy.',
  },
  {
    id: 'method',
    doctor: 'BW_DOCTOR_METHOD',
    firstStatus: 405,
    cause: 'the route behind this path does not take a GET',
    cure: 'Check the path of the URL.',
  },
  {
    id: 'proxy-authentication',
    doctor: 'BW_DOCTOR_PROXY_AUTHENTICATION',
    firstStatus: 407,
    cause: 'a proxy on the way wants credentials',
    cure: 'Set the user and password of the proxy.',
  },
  {
    id: 'upgrade-stripped',
    doctor: 'BW_DOCTOR_UPGRADE_STRIPPED',
    firstStatus: 426,
    cause: 'a proxy removed the headers Upgrade and Connection, so the server saw a plain request',
    cure: 'Let the proxy pass both headers on; nginx also needs proxy_http_version 1.1.',
  },
  {
    id: 'rate-limit',
    doctor: 'BW_DOCTOR_TOO_MANY_REQUESTS',
    firstStatus: 429,
    cause: 'the server limits how often or how many clients connect',
    cure: 'Wait as long as Retry-After says, then try again.',
  },
  {
    id: 'server-error',
    doctor: 'BW_DOCTOR_SERVER_ERROR',
    firstStatus: 500,
    cause: 'the handler of this path failed',
    cure: 'Read the log of the server.',
  },
  {
    id: 'unavailable',
    doctor: 'BW_DOCTOR_UNAVAILABLE',
    firstStatus: 503,
    cause: 'the server is overloaded or about to stop',
    cure: 'Wait as long as Retry-After says, then try again.',
  },
  {
    id: 'bad-gateway',
    doctor: 'BW_DOCTOR_BAD_GATEWAY',
    firstStatus: 502,
    lastStatus: 504,
    cause: 'a proxy cannot reach the server behind it, or speaks HTTP/2 to one that expects HTTP/1.1',
    cure: 'Check the address, the port and the protocol of the proxy towards the server.',
  },
  {
    id: 'cloudflare-origin',
    doctor: 'BW_DOCTOR_CLOUDFLARE_ORIGIN',
    firstStatus: 520,
    lastStatus: 526,
    cause: 'Cloudflare cannot reach the server behind it',
    cure: 'Check the certificate and port of that server, and that WebSockets are switched on at Cloudflare.',
  },
]

/** The likely cause of an answer that was not 101; undefined when the status alone says as much. */
export function likelyCause({ status, headers, body }: HandshakeAnswer): AnswerCause | undefined {
  return rules.find(
    rule =>
      status >= rule.firstStatus &&
      status <= (rule.lastStatus ?? rule.firstStatus) &&
      (rule.header === undefined || headers[rule.header] !== undefined) &&
      (rule.body === undefined || rule.body.test(body.trim())),
  )
}
