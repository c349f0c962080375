import type { KnownText } from './known-text.ts'

const whenDidItEnd = {
  en: 'After how long did it end? After one second: a Socket.IO server on another path. At once: a TLS port spoken to in plain text, or an upgrade handler that crashed.',
  zh: '多久之后结束？一秒后：Socket.IO 服务器（路径不同）。立即：用明文访问了 TLS 端口，或升级处理程序崩溃。',
}

/** Texts about the answer of a server or proxy instead of a 101. */
export const textsAnswer: readonly KnownText[] = [
  // Socket.IO and its clients.
  { pattern: /Session ID unknown/i, codes: ['BW_DOCTOR_SOCKET_IO_NOT_STICKY'] },
  { pattern: /\bparser error\b/i, codes: ['BW_DOCTOR_SOCKET_IO_VERSION'] },
  { pattern: /Transport unknown/i, codes: ['BW_DOCTOR_SOCKET_IO_SERVER'] },
  {
    pattern:
      /Unsupported protocol version|unsupported version of the Socket\.IO|(server )?in v[23]\.x with a v[23]\.x client/i,
    codes: ['BW_DOCTOR_SOCKET_IO_VERSION'],
  },
  { pattern: /"code"\s*:\s*3,?\s*"message"\s*:\s*"Bad request"/i, codes: ['BW_DOCTOR_UPGRADE_STRIPPED'] },
  { pattern: /\bping timeout\b|心跳超时/i, codes: ['BW_DOCTOR_SOCKET_IO_PING_TIMEOUT'] },
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

  // Programs and networks around it.
  {
    pattern: /EADDRINUSE|address already in use|端口.*(被占用|已占用|已被使用)/i,
    codes: ['BW_DOCTOR_PORT_IN_USE'],
  },
  { pattern: /ERR_BLOCKED_BY_CLIENT/i, codes: ['BW_DOCTOR_BLOCKED_BY_EXTENSION'] },
  {
    pattern: /url not in domain list|不在以下 ?(socket|request)? ?合法域名|合法域名列表/i,
    codes: ['BW_DOCTOR_DOMAIN_NOT_LISTED'],
  },

  {
    pattern:
      /every \d+ ?(s|sec|seconds?|minutes?)\b.{0,40}(disconnect|clos|drop)|(disconnect|clos|drop|cut)\w*.{0,40}(after|every) (\d+|a|one) ?(s|sec|seconds?|min|minutes?)\b|(每隔|每|过|约)? ?\d+ ?(秒|分钟|s|min).{0,12}(断开|断线|断连|掉线|中断)|(空闲|闲置).{0,8}(断开|断线|超时)|idle.?timeout/i,
    codes: ['BW_DOCTOR_IDLE_TIMEOUT', 'BW_DOCTOR_CUT_AFTER_SECONDS'],
    question: {
      en: 'Does it also end while messages are sent? bothways doctor URL --idle 130 tells a time-out of silence from a limit of the connection’s life.',
      zh: '有消息收发时也会断开吗？用 bothways doctor URL --idle 130 可以区分空闲超时和连接寿命上限。',
    },
  },
  {
    pattern: /No supported WebSocket library detected|Unsupported upgrade request/i,
    codes: ['BW_DOCTOR_NO_WEBSOCKET_LIBRARY'],
  },
  {
    pattern: /Invalid Host header|Blocked request\. This host|Invalid HTTP_HOST header|DisallowedHost/i,
    codes: ['BW_DOCTOR_HOST_REFUSED'],
  },
  {
    pattern: /handleUpgrade\(\) was called more than once|ERR_HTTP_SOCKET_ASSIGNED/i,
    codes: ['BW_DOCTOR_SECOND_ANSWER'],
  },
  {
    pattern:
      /Request Header Or Cookie Too Large|HPE_HEADER_OVERFLOW|header (fields? )?too (large|big|long)|请求头(过|太)(大|长)/i,
    codes: ['BW_DOCTOR_HEADERS_TOO_LARGE'],
  },
  {
    pattern: /too many (open )?connections|(超过|达到).{0,6}连接数/i,
    codes: ['BW_DOCTOR_TOO_MANY_REQUESTS', 'BW_DOCTOR_UNAVAILABLE'],
  },
  {
    pattern: /ERR_TOO_MANY_REDIRECTS|重定向(次数)?过多/i,
    codes: ['BW_DOCTOR_REDIRECTED'],
  },
  {
    pattern:
      /origin not allowed|CheckOrigin|origin.{0,40}(is not allowed|not in|refused|rejected|mismatch)|(源|来源|Origin).{0,8}(不被?允许|被拒绝|不匹配|校验失败)/i,
    codes: ['BW_DOCTOR_ORIGIN_REFUSED'],
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
    pattern:
      /Missing or invalid Sec-WebSocket-(Key|Version)|invalid Sec-WebSocket-Key|Sec-WebSocket-(Key|Version) header is missing/i,
    codes: ['BW_DOCTOR_HEADERS_MANGLED'],
  },
  {
    pattern:
      /'upgrade' token not found|Upgrade Required|Can "Upgrade" only to|does not contain Upgrade|(没有?|未|忘记).{0,6}(配置|设置|转发|透传).{0,10}upgrade|Handshake failed due to invalid (Upgrade|Connection) header/i,
    codes: ['BW_DOCTOR_UPGRADE_STRIPPED'],
  },
  {
    pattern:
      /Opening handshake has timed out|handshake (has )?timed out|timed out during opening handshake|Opening handshake timeout|握手超时|readyState ?(一直|始终|总)?是? ?0|Operation timed out after \d+ milliseconds with 0 bytes|^\W*(Error: )?timeout\b|(一直|始终|卡在).{0,8}(pending|连接中|CONNECTING)|stuck in (pending|connecting)|stays? pending/i,
    codes: ['BW_DOCTOR_HANDSHAKE_TIMEOUT', 'BW_DOCTOR_UPGRADE_IGNORED', 'BW_DOCTOR_SERVER_SILENT'],
  },
  {
    pattern:
      /closed before receiving a handshake response|socket hang up|ERR_EMPTY_RESPONSE|Empty reply from server|other side closed|未发送任何数据/i,
    codes: ['BW_DOCTOR_SOCKET_IO_SERVER', 'BW_DOCTOR_WS_TO_TLS_PORT', 'BW_DOCTOR_UPGRADE_CRASHES'],
    question: whenDidItEnd,
  },
]
