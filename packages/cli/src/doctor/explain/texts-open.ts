import type { KnownText } from './known-text.ts'

const whichBytes = {
  en: 'Which bytes came? Those of "HTTP": two upgrade handlers or another version of Engine.IO. Only with compression: a broken compressor. Run bothways doctor URL, which shows them.',
  zh: '收到的是哪些字节？"HTTP" 开头：两个升级处理程序，或 Engine.IO 版本不同。只在压缩时出现：压缩有错。运行 bothways doctor URL 可以看到字节。',
}

/** Texts about failures of the 101 and after it, and texts that say only that the connection failed. */
export const textsOpen: readonly KnownText[] = [
  // The 101 was wrong.
  {
    pattern:
      /'Upgrade' header is missing|Unexpected (server )?response(?: code)?: 101|invalid upgrade header/i,
    codes: ['BW_DOCTOR_UPGRADE_HEADER_MISSING', 'BW_DOCTOR_CONNECTION_HEADER_MISSING'],
  },
  { pattern: /'Connection' header (is missing|value)/i, codes: ['BW_DOCTOR_CONNECTION_HEADER_MISSING'] },
  { pattern: /Sec-WebSocket-Accept/i, codes: ['BW_DOCTOR_ACCEPT_WRONG'] },
  {
    pattern: /Sent non-empty 'Sec-WebSocket-Protocol'|Server sent no subprotocol|子协议不(匹配|一致|支持)/i,
    codes: ['BW_DOCTOR_SUBPROTOCOL_NOT_CHOSEN', 'BW_DOCTOR_SUBPROTOCOL_NOT_OFFERED'],
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
    pattern:
      /Error in permessage-deflate|Invalid Sec-WebSocket-Extensions|'Sec-WebSocket-Extensions' header|window_bits/i,
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
    pattern:
      /fragmented control frame|for a control frame|(control frame|ping|pong).*(fragment|too (large|big|long)|125)/i,
    codes: ['BW_DOCTOR_CONTROL_FRAME'],
  },
  {
    pattern: /unexpected continuation|FIN must be set|continuation frame|previous message is unfinished/i,
    codes: ['BW_DOCTOR_FRAGMENTATION'],
  },
  {
    pattern: /(Close|frame) received after close/i,
    codes: ['BW_DOCTOR_CLOSE_PROTOCOL'],
  },
  { pattern: /broken close frame/i, codes: ['BW_DOCTOR_CLOSE_FRAME_INVALID'] },
  {
    pattern:
      /decode a text frame as UTF-8|Invalid UTF-?8|not valid UTF-8|文本帧解码|不是(有效|合法)的 ?UTF-?8/i,
    codes: ['BW_DOCTOR_INVALID_UTF8'],
  },
  {
    pattern:
      /Invalid WebSocket frame: invalid (status|payload length)|invalid close (code|status)|broken close frame/i,
    codes: ['BW_DOCTOR_CLOSE_FRAME_INVALID'],
  },
  {
    pattern:
      /Max payload size exceeded|message too big|1009|maxHttpBufferSize|maxPayload|Maximum message size|too large body|(消息|报文|数据)(太|过)(大|长)|超过最大(消息|长度)/i,
    codes: ['BW_DOCTOR_SIZE_LIMIT'],
  },
  {
    pattern: /Invalid frame header|Invalid WebSocket frame|无效的?帧头?/i,
    codes: ['BW_DOCTOR_SECOND_ANSWER', 'BW_DOCTOR_COMPRESSION_BROKEN', 'BW_DOCTOR_RESERVED_BITS'],
    question: whichBytes,
  },
  {
    pattern:
      /ECONNRESET|ERR_CONNECTION_RESET|ERR_CONNECTION_ABORTED|ERR_CONNECTION_CLOSED|NS_ERROR_NET_RESET|EPIPE|Broken pipe|连接(已|被)?.{0,4}重置|Connection (was )?reset|forcibly closed|强迫关闭|强制关闭/i,
    codes: ['BW_DOCTOR_CONNECTION_RESET', 'BW_DOCTOR_WS_TO_TLS_PORT', 'BW_DOCTOR_ENDED_WITHOUT_ANSWER'],
  },
  {
    pattern: /upstream timed out|upstream prematurely closed/i,
    codes: ['BW_DOCTOR_IDLE_TIMEOUT', 'BW_DOCTOR_BAD_GATEWAY'],
  },
  {
    pattern:
      /ERR_NETWORK_CHANGED|ERR_NETWORK_IO_SUSPENDED|transport (close|error)|Connection dropped by remote peer|no close frame (received|was received)|websocket: close 1006|Socket is not connected|EOFException|readyState ?(变成|变为|是|为|is|=+)? ?3\b|unexpected EOF|\[webpack-dev-server\] Disconnected|(对方|服务器|服务端|远端).{0,6}(关闭|断开)了?(连接|socket)|without completing the close handshake|network connection was lost|ERR_QUIC_PROTOCOL_ERROR|connection (was )?closed abnormally|异常(关闭|断开)/i,
    codes: ['BW_DOCTOR_ABNORMAL_CLOSURE'],
  },
  {
    pattern:
      /(刚|一|马上|立即|立刻)?连(上|接成功).{0,8}(就|后).{0,4}(马上|立即|立刻)?(断开|断线|关闭|掉线)|(connects|opens|connected) (and|then|but) (then )?(immediately|at once|instantly) (closes|disconnects)|(closes|disconnects) (immediately|right) after (connecting|open)/i,
    codes: ['BW_DOCTOR_CLOSED_AT_ONCE', 'BW_DOCTOR_ENDED_AFTER_OPEN'],
    question: {
      en: 'With which close code? bothways doctor URL shows it, and what the server said before.',
      zh: '关闭码是多少？运行 bothways doctor URL 可以看到，以及服务器之前发送了什么。',
    },
  },
  { pattern: /Unhandled 'error' event/i, codes: ['BW_DOCTOR_UNHANDLED_ERROR'] },

  // Nothing but that it failed.
  {
    pattern:
      /Firefox can.t establish a connection|无法建立到.*的连接|WebSocket is already|WebSocket connection to .* failed|WebSocket ?连接.*(失败|断开|中断|错误)|\[vite\] failed to connect to websocket|握手(失败|错误)|Received network error or non-101 status code|There was a bad response from the server|WebSocket network error|net::ERR_FAILED|connectSocket:fail|WebSocket connection (failed|error)|websocket.{0,20}(没有|未|不能|无法|连不上|连接不上)|socket.{0,6}(没有|未)连接|websocket.{0,200}(error|错误|失败)/i,
    codes: ['BW_DOCTOR_GENERIC'],
  },
]
