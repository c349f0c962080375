import type { Language } from '../../language.ts'
import type { FindingCode } from '../findings/draft.ts'

/** One text that users see, and what it may mean. */
export interface KnownText {
  readonly pattern: RegExp
  /** The likeliest first. */
  readonly codes: readonly FindingCode[]
  /** What tells the causes apart. */
  readonly question?: Readonly<Record<Language, string>>
}

const whenDidItEnd = {
  en: 'After how long did it end? After one second: a Socket.IO server on another path. At once: a TLS port spoken to in plain text, or an upgrade handler that crashed.',
  zh: '多久之后结束？一秒后：Socket.IO 服务器（路径不同）。立即：用明文访问了 TLS 端口，或升级处理程序崩溃。',
}

const whichBytes = {
  en: 'Which bytes came? Those of "HTTP": two upgrade handlers or another version of Engine.IO. Only with compression: a broken compressor. Run bothways doctor URL, which shows them.',
  zh: '收到的是哪些字节？"HTTP" 开头：两个升级处理程序，或 Engine.IO 版本不同。只在压缩时出现：压缩有错。运行 bothways doctor URL 可以看到字节。',
}

/**
 * Messages of Chromium, Firefox, Safari, Node.js, ws, websocket, undici, socket.io-client and nginx, the most telling
 * first: the first that fits decides.
 */
export const knownTexts: readonly KnownText[] = [
  // The page's own code.
  {
    pattern:
      /Still in CONNECTING state|readyState 0 \(CONNECTING\)|仍处于 ?(CONNECTING|连接)|正在连接.*send|send.*正在连接|object is in an invalid state.*send|send.*InvalidStateError/i,
    codes: ['BW_DOCTOR_SEND_BEFORE_OPEN'],
  },
  {
    pattern: /already in CLOSING or CLOSED state|readyState [23] \(CLOS/i,
    codes: ['BW_DOCTOR_SEND_AFTER_CLOSE'],
  },
  {
    pattern:
      /closed before the connection (is|was) established|interrupted while the page was loading|加载页面时与.*的连接中断/i,
    codes: ['BW_DOCTOR_CLOSE_BEFORE_OPEN'],
  },
  {
    pattern:
      /must be either 1000, or between 3000 and 4999|must not be greater than 123|must not be longer than 123|First argument must be a valid error code/i,
    codes: ['BW_DOCTOR_CLOSE_ARGUMENT'],
  },
  {
    pattern:
      /insecure WebSocket connection may not be initiated|mixed content|混合内容|The operation is insecure/i,
    codes: ['BW_DOCTOR_MIXED_CONTENT'],
  },
  {
    pattern: /connect-src|Content[- ]Security[- ]Policy|内容安全策略/i,
    codes: ['BW_DOCTOR_CONTENT_SECURITY_POLICY'],
  },
  { pattern: /fragment identifier|contains a fragment|片段标识符/i, codes: ['BW_DOCTOR_URL_FRAGMENT'] },
  {
    pattern:
      /scheme must be|wrong url scheme|URL's protocol must be|(协议|方案)必须是|not allowed.*ws|Expected a ws: or wss:/i,
    codes: ['BW_DOCTOR_URL_SCHEME_UNSUPPORTED'],
  },
  {
    pattern:
      /subprotocol.*(is invalid|is duplicated)|An invalid or duplicated subprotocol|Wrong protocol for WebSocket/i,
    codes: ['BW_DOCTOR_SUBPROTOCOL_INVALID'],
  },
  {
    pattern: /Invalid URL|URL.*is invalid|An invalid or illegal string/i,
    codes: ['BW_DOCTOR_URL_INVALID', 'BW_DOCTOR_URL_SCHEME_MISSING'],
  },

  // Network and TLS.
  {
    pattern: /ERR_UNSAFE_PORT|port .*(is )?(not allowed|blocked)|不安全的端口/i,
    codes: ['BW_DOCTOR_URL_PORT_BLOCKED'],
  },
  {
    pattern: /EAI_AGAIN|DNS_PROBE|Temporary failure in name resolution/i,
    codes: ['BW_DOCTOR_NAME_SERVER_SILENT'],
  },
  {
    pattern:
      /host not found in upstream|no resolver defined to resolve|\(\d+: [^)]*\) while reading response header from upstream|connect\(\) failed .* while connecting to upstream|no live upstreams|upstream connect error|no healthy upstream/i,
    codes: ['BW_DOCTOR_BAD_GATEWAY'],
  },
  {
    pattern:
      /ERR_NAME_NOT_RESOLVED|ENOTFOUND|getaddrinfo|Name or service not known|nodename nor servname|could not be resolved|找不到.*(服务器|主机)|无法解析|域名解析失败/i,
    codes: ['BW_DOCTOR_NAME_NOT_FOUND'],
  },
  {
    pattern:
      /ERR_CONNECTION_REFUSED|ECONNREFUSED|Connection refused|拒绝连接|拒绝了我们的连接|连接被拒绝|拒绝访问连接|积极拒绝|actively refused|Could not connect to the server|Connect call failed/i,
    codes: ['BW_DOCTOR_PORT_CLOSED'],
  },
  {
    pattern:
      /EHOSTUNREACH|ENETUNREACH|ERR_ADDRESS_UNREACHABLE|ERR_INTERNET_DISCONNECTED|No route to host|Network is unreachable|网络不可达/i,
    codes: ['BW_DOCTOR_UNREACHABLE'],
  },
  {
    pattern:
      /ERR_CONNECTION_TIMED_OUT|ETIMEDOUT|ERR_TIMED_OUT|UND_ERR_CONNECT_TIMEOUT|SocketTimeoutException|(?<!\d: )Connection timed out|连接超时|响应时间过长/i,
    codes: ['BW_DOCTOR_NO_ANSWER'],
  },
  {
    pattern:
      /ERR_TUNNEL_CONNECTION_FAILED|ERR_PROXY_CONNECTION_FAILED|Establishing a tunnel via proxy|tunneling socket could not be established|代理服务器.*(失败|错误|拒绝)/i,
    codes: ['BW_DOCTOR_PROXY_TUNNEL'],
  },
  {
    pattern: /DEPTH_ZERO_SELF_SIGNED_CERT|self[- ]signed certificate(?! in)|自签名/i,
    codes: ['BW_DOCTOR_CERTIFICATE_SELF_SIGNED'],
  },
  {
    pattern:
      /SELF_SIGNED_CERT_IN_CHAIN|self[- ]signed certificate in|UNABLE_TO_GET_ISSUER_CERT|unable to get (local )?issuer|SEC_ERROR_UNKNOWN_ISSUER/i,
    codes: ['BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER'],
  },
  {
    pattern: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|unable to verify the first certificate/i,
    codes: ['BW_DOCTOR_CERTIFICATE_CHAIN_INCOMPLETE'],
  },
  {
    pattern:
      /ERR_TLS_CERT_ALTNAME_INVALID|ERR_CERT_COMMON_NAME_INVALID|does not match certificate's altnames|SSL_ERROR_BAD_CERT_DOMAIN|证书.*(域名|名称)不(匹配|符)/i,
    codes: ['BW_DOCTOR_CERTIFICATE_NAME'],
  },
  {
    pattern:
      /CERT_HAS_EXPIRED|certificate has expired|ERR_CERT_DATE_INVALID|SEC_ERROR_EXPIRED_CERTIFICATE|SSL certificate has expired|证书.*(过期|到期)/i,
    codes: ['BW_DOCTOR_CERTIFICATE_EXPIRED', 'BW_DOCTOR_CERTIFICATE_NOT_YET_VALID'],
  },
  {
    pattern: /CERT_NOT_YET_VALID|certificate is not yet valid/i,
    codes: ['BW_DOCTOR_CERTIFICATE_NOT_YET_VALID'],
  },
  {
    pattern:
      /ERR_CERT_AUTHORITY_INVALID|CERTIFICATE_VERIFY_FAILED|OSStatus error -98\d\d|certificate (verify failed|is not trusted|signed by unknown authority)|PKIX path building failed|CertPathValidatorException|证书(无效|不受信任|验证失败|错误)|不是私密连接|不受信任的证书/i,
    codes: [
      'BW_DOCTOR_CERTIFICATE_SELF_SIGNED',
      'BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER',
      'BW_DOCTOR_CERTIFICATE_CHAIN_INCOMPLETE',
    ],
  },
  {
    pattern: /ERR_BAD_SSL_CLIENT_AUTH_CERT|certificate required|No required SSL certificate/i,
    codes: ['BW_DOCTOR_CLIENT_CERTIFICATE_WANTED'],
  },
  {
    pattern:
      /plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|speaking plain HTTP to an SSL/i,
    codes: ['BW_DOCTOR_WS_TO_TLS_PORT'],
  },
  {
    pattern:
      /wrong version number|packet length too long|ERR_SSL_WRONG_VERSION_NUMBER|SSL_ERROR_RX_RECORD_TOO_LONG|WRONG_VERSION_NUMBER|first record does not look like a TLS handshake|EPROTO/i,
    codes: ['BW_DOCTOR_WSS_TO_PLAIN_PORT'],
  },
  {
    pattern:
      /ERR_SSL_VERSION_OR_CIPHER_MISMATCH|unsupported protocol(?! version)|SSL_ERROR_UNSUPPORTED_VERSION|handshake failure|alert protocol version|no protocols available/i,
    codes: ['BW_DOCTOR_TLS_VERSION'],
  },
  {
    pattern:
      /unrecognized name|alert internal error|TLS handshake failed|SSL handshake failed|SSLHandshakeException|TLS ?握手失败|SSL ?握手失败/i,
    codes: ['BW_DOCTOR_TLS_FAILED'],
  },
  {
    pattern: /ERR_SSL_PROTOCOL_ERROR|此网站无法提供安全连接/i,
    codes: ['BW_DOCTOR_WSS_TO_PLAIN_PORT', 'BW_DOCTOR_HTTP2_ONLY', 'BW_DOCTOR_TLS_FAILED'],
    question: {
      en: 'Does http:// on the same port answer? Then the port is plain.',
      zh: '同一端口用 http:// 能访问吗？能，则端口是明文。',
    },
  },
  {
    pattern: /ERR_INVALID_HTTP_RESPONSE|Expected HTTP\/|HPE_INVALID_CONSTANT/i,
    codes: ['BW_DOCTOR_NOT_HTTP'],
  },

  // Socket.IO and its clients.
  { pattern: /Session ID unknown/i, codes: ['BW_DOCTOR_SOCKET_IO_NOT_STICKY'] },
  { pattern: /Transport unknown/i, codes: ['BW_DOCTOR_SOCKET_IO_SERVER'] },
  {
    pattern: /Unsupported protocol version|(server )?in v[23]\.x with a v[23]\.x client/i,
    codes: ['BW_DOCTOR_SOCKET_IO_VERSION'],
  },
  { pattern: /"code"\s*:\s*3,?\s*"message"\s*:\s*"Bad request"/i, codes: ['BW_DOCTOR_UPGRADE_STRIPPED'] },
  { pattern: /\bping timeout\b/i, codes: ['BW_DOCTOR_SOCKET_IO_PING_TIMEOUT'] },
  {
    pattern: /xhr poll error|xhr post error|websocket error|connect_error/i,
    codes: [
      'BW_DOCTOR_PORT_CLOSED',
      'BW_DOCTOR_ORIGIN_REFUSED',
      'BW_DOCTOR_NOT_FOUND',
      'BW_DOCTOR_UPGRADE_STRIPPED',
    ],
    question: {
      en: 'What does the request /socket.io/?EIO=4&transport=polling show in the browser’s network tab: refused, a CORS error, or a status?',
      zh: '浏览器网络面板中 /socket.io/?EIO=4&transport=polling 显示什么：被拒绝、跨域错误，还是某个状态码？',
    },
  },

  {
    pattern: /blocked by CORS policy|Access-Control-Allow-Origin|CORS ?策略|跨域/i,
    codes: ['BW_DOCTOR_CORS', 'BW_DOCTOR_ORIGIN_REFUSED'],
  },
  { pattern: /Invalid namespace/i, codes: ['BW_DOCTOR_SOCKET_IO_NAMESPACE'] },
  {
    pattern: /io (server|client) disconnect|client namespace disconnect|server namespace disconnect/i,
    codes: ['BW_DOCTOR_SOCKET_IO_DISCONNECTED'],
  },
  {
    pattern: /^\W*(Error: )?server error\W*$/i,
    codes: ['BW_DOCTOR_HTTP_ANSWERED', 'BW_DOCTOR_NOT_FOUND'],
    question: {
      en: 'What does the request /socket.io/?EIO=4&transport=polling get in the browser’s network tab: a page?',
      zh: '浏览器网络面板中 /socket.io/?EIO=4&transport=polling 得到的是什么：网页？',
    },
  },

  // What programs and networks around it do.
  {
    pattern: /EADDRINUSE|address already in use|端口.*(被占用|已占用|已被使用)/i,
    codes: ['BW_DOCTOR_PORT_IN_USE'],
  },
  { pattern: /ERR_BLOCKED_BY_CLIENT/i, codes: ['BW_DOCTOR_BLOCKED_BY_EXTENSION'] },
  {
    pattern: /url not in domain list|不在以下 ?(socket|request)? ?合法域名|合法域名列表/i,
    codes: ['BW_DOCTOR_DOMAIN_NOT_LISTED'],
  },

  // The answer was not 101.
  { pattern: /Cannot POST \//, codes: ['BW_DOCTOR_METHOD'] },
  { pattern: /Cannot GET \/|404 page not found/, codes: ['BW_DOCTOR_NOT_FOUND', 'BW_DOCTOR_WRONG_PATH'] },
  {
    pattern:
      /was not upgraded to websocket|websocket: bad handshake|server rejected WebSocket connection(?!: HTTP \d)/i,
    codes: ['BW_DOCTOR_HTTP_ANSWERED', 'BW_DOCTOR_NOT_FOUND', 'BW_DOCTOR_UPGRADE_STRIPPED'],
    question: {
      en: 'Which status did the server answer? Run bothways doctor URL, which shows it.',
      zh: '服务器回应的状态码是多少？运行 bothways doctor URL 可以看到。',
    },
  },
  {
    pattern: /X-WebSocket-Reject-Reason|No handler is configured to accept/i,
    codes: ['BW_DOCTOR_NO_REQUEST_HANDLER'],
  },
  { pattern: /HTTP Authentication failed/i, codes: ['BW_DOCTOR_AUTHENTICATION'] },
  {
    pattern: /Missing or invalid Sec-WebSocket-(Key|Version)|invalid Sec-WebSocket-Key/i,
    codes: ['BW_DOCTOR_HEADERS_MANGLED'],
  },
  {
    pattern: /'upgrade' token not found|Upgrade Required|Can "Upgrade" only to/i,
    codes: ['BW_DOCTOR_UPGRADE_STRIPPED'],
  },
  {
    pattern:
      /Opening handshake has timed out|handshake (has )?timed out|timed out during opening handshake|Opening handshake timeout|握手超时/i,
    codes: ['BW_DOCTOR_HANDSHAKE_TIMEOUT', 'BW_DOCTOR_UPGRADE_IGNORED', 'BW_DOCTOR_SERVER_SILENT'],
  },
  {
    pattern:
      /closed before receiving a handshake response|socket hang up|ERR_EMPTY_RESPONSE|Empty reply from server|other side closed|未发送任何数据/i,
    codes: ['BW_DOCTOR_SOCKET_IO_SERVER', 'BW_DOCTOR_WS_TO_TLS_PORT', 'BW_DOCTOR_UPGRADE_CRASHES'],
    question: whenDidItEnd,
  },

  // The 101 was wrong.
  {
    pattern:
      /'Upgrade' header is missing|Unexpected (server )?response(?: code)?: 101|invalid upgrade header/i,
    codes: ['BW_DOCTOR_UPGRADE_HEADER_MISSING', 'BW_DOCTOR_CONNECTION_HEADER_MISSING'],
  },
  { pattern: /'Connection' header (is missing|value)/i, codes: ['BW_DOCTOR_CONNECTION_HEADER_MISSING'] },
  { pattern: /Sec-WebSocket-Accept/i, codes: ['BW_DOCTOR_ACCEPT_WRONG'] },
  {
    pattern: /Sent non-empty 'Sec-WebSocket-Protocol'|Server sent no subprotocol/i,
    codes: ['BW_DOCTOR_SUBPROTOCOL_NOT_CHOSEN'],
  },
  {
    pattern:
      /must not include 'Sec-WebSocket-Protocol'|sent a subprotocol but none|invalid subprotocol|value '.*' in response does not match/i,
    codes: ['BW_DOCTOR_SUBPROTOCOL_NOT_OFFERED'],
  },
  {
    pattern: /unsupported extension|server sent a Sec-WebSocket-Extensions header but no/i,
    codes: ['BW_DOCTOR_EXTENSION_NOT_OFFERED'],
  },
  {
    pattern: /Error in permessage-deflate|Invalid Sec-WebSocket-Extensions|window_bits/i,
    codes: ['BW_DOCTOR_EXTENSION_PARAMETERS'],
  },

  // After the 101.
  { pattern: /must not mask any frames|MASK must be clear/i, codes: ['BW_DOCTOR_FRAME_MASKED'] },
  {
    pattern: /RSV1 must be clear/i,
    codes: ['BW_DOCTOR_SECOND_ANSWER', 'BW_DOCTOR_RESERVED_BITS', 'BW_DOCTOR_COMPRESSION_BROKEN'],
    question: whichBytes,
  },
  { pattern: /reserved bits|RSV[123]/i, codes: ['BW_DOCTOR_RESERVED_BITS'] },
  { pattern: /Unrecognized frame opcode|invalid opcode/i, codes: ['BW_DOCTOR_RESERVED_OPCODE'] },
  {
    pattern: /Z_DATA_ERROR|invalid block type|inflate|Failed to decompress|Could not decompress/i,
    codes: ['BW_DOCTOR_COMPRESSION_BROKEN'],
  },
  {
    pattern: /fragmented control frame|(control frame|ping|pong).*(fragment|too (large|big|long)|125)/i,
    codes: ['BW_DOCTOR_CONTROL_FRAME'],
  },
  {
    pattern: /unexpected continuation|FIN must be set|continuation frame|previous message is unfinished/i,
    codes: ['BW_DOCTOR_FRAGMENTATION'],
  },
  { pattern: /broken close frame/i, codes: ['BW_DOCTOR_CLOSE_FRAME_INVALID'] },
  {
    pattern: /decode a text frame as UTF-8|Invalid UTF-?8|not valid UTF-8/i,
    codes: ['BW_DOCTOR_INVALID_UTF8'],
  },
  {
    pattern:
      /Invalid WebSocket frame: invalid (status|payload length)|invalid close (code|status)|broken close frame/i,
    codes: ['BW_DOCTOR_CLOSE_FRAME_INVALID'],
  },
  {
    pattern:
      /Max payload size exceeded|message too big|1009|maxHttpBufferSize|maxPayload|Maximum message size/i,
    codes: ['BW_DOCTOR_SIZE_LIMIT'],
  },
  {
    pattern: /Invalid frame header|Invalid WebSocket frame/i,
    codes: ['BW_DOCTOR_SECOND_ANSWER', 'BW_DOCTOR_COMPRESSION_BROKEN', 'BW_DOCTOR_RESERVED_BITS'],
    question: whichBytes,
  },
  {
    pattern:
      /ECONNRESET|ERR_CONNECTION_RESET|ERR_CONNECTION_ABORTED|ERR_CONNECTION_CLOSED|EPIPE|Broken pipe|连接(已|被)?重置|Connection (was )?reset|forcibly closed/i,
    codes: ['BW_DOCTOR_CONNECTION_RESET', 'BW_DOCTOR_WS_TO_TLS_PORT', 'BW_DOCTOR_ENDED_WITHOUT_ANSWER'],
  },
  {
    pattern: /upstream timed out|upstream prematurely closed/i,
    codes: ['BW_DOCTOR_IDLE_TIMEOUT', 'BW_DOCTOR_BAD_GATEWAY'],
  },
  {
    pattern:
      /ERR_NETWORK_CHANGED|ERR_NETWORK_IO_SUSPENDED|transport (close|error)|Connection dropped by remote peer|no close frame (received|was received)|websocket: close 1006|Socket is not connected|connection (was )?closed abnormally|异常(关闭|断开)/i,
    codes: ['BW_DOCTOR_ABNORMAL_CLOSURE'],
  },
  { pattern: /Unhandled 'error' event/i, codes: ['BW_DOCTOR_UNHANDLED_ERROR'] },

  // Nothing but that it failed.
  {
    pattern:
      /Firefox can.t establish a connection|无法建立到.*的连接|WebSocket is already|WebSocket connection to .* failed|WebSocket ?连接.*(失败|断开|中断|错误)|\[vite\] failed to connect to websocket|握手(失败|错误)|Received network error or non-101 status code|There was a bad response from the server|WebSocket network error|websocket.{0,200}(error|错误|失败)/i,
    codes: ['BW_DOCTOR_GENERIC'],
  },
]

/** What an HTTP status in a text means. */
export const statusCodes: Readonly<Record<number, readonly FindingCode[]>> = {
  200: ['BW_DOCTOR_HTTP_ANSWERED'],
  204: ['BW_DOCTOR_HTTP_ANSWERED'],
  301: ['BW_DOCTOR_REDIRECTED'],
  302: ['BW_DOCTOR_REDIRECTED'],
  307: ['BW_DOCTOR_REDIRECTED'],
  308: ['BW_DOCTOR_REDIRECTED'],
  400: [
    'BW_DOCTOR_WRONG_PATH',
    'BW_DOCTOR_SOCKET_IO_SERVER',
    'BW_DOCTOR_HEADERS_MANGLED',
    'BW_DOCTOR_BAD_REQUEST',
  ],
  401: ['BW_DOCTOR_AUTHENTICATION'],
  403: ['BW_DOCTOR_ORIGIN_REFUSED', 'BW_DOCTOR_FORBIDDEN'],
  404: ['BW_DOCTOR_NOT_FOUND', 'BW_DOCTOR_NO_REQUEST_HANDLER', 'BW_DOCTOR_WRONG_PATH'],
  405: ['BW_DOCTOR_METHOD'],
  407: ['BW_DOCTOR_PROXY_AUTHENTICATION'],
  426: ['BW_DOCTOR_UPGRADE_STRIPPED', 'BW_DOCTOR_VERSION'],
  429: ['BW_DOCTOR_TOO_MANY_REQUESTS'],
  500: ['BW_DOCTOR_SERVER_ERROR'],
  502: ['BW_DOCTOR_BAD_GATEWAY'],
  503: ['BW_DOCTOR_UNAVAILABLE'],
  504: ['BW_DOCTOR_BAD_GATEWAY'],
}

/** What a close code in a text means. */
export function closeCodes(code: number): readonly FindingCode[] {
  if (code === 1006) return ['BW_DOCTOR_ABNORMAL_CLOSURE']
  if (code === 1000 || code === 1001 || code === 1005) return ['BW_DOCTOR_CLOSE_NORMAL']
  if (code === 1002 || code === 1003 || code === 1007) return ['BW_DOCTOR_CLOSE_PROTOCOL']
  if (code === 1008) return ['BW_DOCTOR_CLOSE_POLICY']
  if (code === 1009) return ['BW_DOCTOR_SIZE_LIMIT']
  if (code === 1015) return ['BW_DOCTOR_TLS_FAILED']
  if (code >= 1010 && code <= 1014) return ['BW_DOCTOR_CLOSE_SERVER']
  return code >= 3000 && code <= 4999 ? ['BW_DOCTOR_CLOSE_APPLICATION'] : []
}
