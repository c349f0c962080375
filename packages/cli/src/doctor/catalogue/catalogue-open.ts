/** Findings once the connection is open. */
export const catalogueOpen = {
  BW_DOCTOR_SECOND_ANSWER: {
    severity: 'error',
    en: {
      title: 'Behind the 101 comes a second HTTP answer: "{says}" (Invalid frame header; RSV1 must be clear)',
      advice:
        'Two upgrade handlers answer one request: two WebSocket servers on one HTTP server without noServer, or Socket.IO met with another version of Engine.IO. Let one listener decide by the path and hand over with handleUpgrade.',
    },
    zh: {
      title: '101 之后又出现了一个 HTTP 回应："{says}"（Invalid frame header；RSV1 must be clear）',
      advice:
        '一个请求被两个升级处理程序回应：同一 HTTP 服务器上有两个未用 noServer 的 WebSocket 服务器，或 Socket.IO 遇到了另一版本的 Engine.IO。请用一个监听器按路径决定，再用 handleUpgrade 交出。',
    },
  },
  BW_DOCTOR_FRAME_MASKED: {
    severity: 'error',
    en: {
      title:
        'The server masks its frames (A server must not mask any frames that it sends to the client; MASK must be clear)',
      advice: 'Only clients mask (RFC 6455 §5.1). A server written by hand reused its client’s code.',
    },
    zh: {
      title:
        '服务器对帧做了掩码（A server must not mask any frames that it sends to the client；MASK must be clear）',
      advice: '只有客户端做掩码（RFC 6455 §5.1）。手写的服务器沿用了客户端的代码。',
    },
  },
  BW_DOCTOR_RESERVED_BITS: {
    severity: 'error',
    en: {
      title: 'A frame has reserved bits set (One or more reserved bits are on; RSV1 must be clear)',
      advice:
        'The server compresses without having agreed to it, or writes something that is no frame: see the bytes. Switch compression off to compare.',
    },
    zh: {
      title: '帧的保留位被置位（One or more reserved bits are on；RSV1 must be clear）',
      advice: '服务器未协商就压缩，或写入的不是帧：见字节。请关闭压缩对比。',
    },
  },
  BW_DOCTOR_RESERVED_OPCODE: {
    severity: 'error',
    en: {
      title: 'A frame has a reserved opcode (Unrecognized frame opcode)',
      advice:
        'Opcodes are 0, 1, 2, 8, 9 and 10 (RFC 6455 §5.2). Usually the server lost count of a frame’s length and wrote payload where a header belongs.',
    },
    zh: {
      title: '帧的操作码是保留值（Unrecognized frame opcode）',
      advice:
        '操作码只有 0、1、2、8、9、10（RFC 6455 §5.2）。通常是服务器算错了帧长度，把载荷写到了帧头的位置。',
    },
  },
  BW_DOCTOR_CONTROL_FRAME: {
    severity: 'error',
    en: {
      title: 'A ping, pong or close frame is fragmented or longer than 125 bytes',
      advice: 'Control frames have at most 125 bytes of payload and are never fragmented (RFC 6455 §5.5).',
    },
    zh: {
      title: 'ping、pong 或关闭帧被分片，或超过 125 字节',
      advice: '控制帧的载荷最多 125 字节，且不能分片（RFC 6455 §5.5）。',
    },
  },
  BW_DOCTOR_FRAGMENTATION: {
    severity: 'error',
    en: {
      title: 'Fragments of messages are mixed up (Received unexpected continuation frame)',
      advice:
        'Between the first and the last frame of a message only continuation and control frames may come (RFC 6455 §5.4): the server writes two messages at once. Send them one after another.',
    },
    zh: {
      title: '消息的分片混在一起（Received unexpected continuation frame）',
      advice:
        '一条消息的首帧与末帧之间只能有延续帧和控制帧（RFC 6455 §5.4）：服务器同时写了两条消息。请逐条发送。',
    },
  },
  BW_DOCTOR_LENGTH: {
    severity: 'error',
    en: {
      title: 'A frame’s length is not written in the shortest way, or has the sign bit set',
      advice:
        'Lengths up to 125 take one byte, up to 65,535 three, and the rest nine with the first bit 0 (RFC 6455 §5.2).',
    },
    zh: {
      title: '帧长度没有用最短的写法，或最高位被置位',
      advice: '长度 125 以内用 1 字节，65,535 以内用 3 字节，其余用 9 字节且最高位为 0（RFC 6455 §5.2）。',
    },
  },
  BW_DOCTOR_INVALID_UTF8: {
    severity: 'error',
    en: {
      title: 'A text message is not UTF-8 (Could not decode a text frame as UTF-8; close code 1007)',
      advice:
        'Send bytes as a binary message, and text as UTF-8: a server that cuts a string by bytes, or writes GBK or Latin-1, breaks it.',
    },
    zh: {
      title: '文本消息不是 UTF-8（Could not decode a text frame as UTF-8；关闭码 1007）',
      advice: '字节请用二进制消息发送，文本请用 UTF-8：按字节截断字符串，或使用 GBK、Latin-1，都会出错。',
    },
  },
  BW_DOCTOR_CLOSE_FRAME_INVALID: {
    severity: 'error',
    en: {
      title: 'The server’s close frame is invalid: {says}',
      advice:
        'Its body is empty, or a code that may be sent (1000–1003, 1007–1014, 3000–4999) with a reason in UTF-8 (RFC 6455 §5.5.1). 1005, 1006 and 1015 never go on the wire: a proxy must not forward them.',
    },
    zh: {
      title: '服务器的关闭帧无效：{says}',
      advice:
        '关闭帧的内容为空，或为可发送的关闭码（1000–1003、1007–1014、3000–4999）加 UTF-8 的原因（RFC 6455 §5.5.1）。1005、1006、1015 不能出现在线路上，代理不能转发它们。',
    },
  },
  BW_DOCTOR_COMPRESSION_BROKEN: {
    severity: 'error',
    en: {
      title: 'A compressed message does not inflate (Invalid frame header; Z_DATA_ERROR); {compare}',
      advice:
        'The server’s compression is broken, as when one compressor is shared while a context was agreed, or a proxy changes bytes. Switch permessage-deflate off, or agree to server_no_context_takeover.',
    },
    zh: {
      title: '压缩的消息无法解压（Invalid frame header；Z_DATA_ERROR）；{compare}',
      advice:
        '服务器的压缩有错：例如协商了上下文却共用一个压缩器，或代理改动了字节。请关闭 permessage-deflate，或协商 server_no_context_takeover。',
    },
  },
  BW_DOCTOR_MESSAGE_TOO_BIG: {
    severity: 'error',
    en: {
      title: 'A frame announces a message larger than any client takes without having asked',
      advice:
        'Either the length is wrong, so that payload is read as a header, or the server sends very large messages at once: see the bytes.',
    },
    zh: {
      title: '帧声明的消息大小超过客户端未请求时可接受的范围',
      advice: '可能是长度写错，把载荷当成了帧头；也可能服务器一次发送了极大的消息：见字节。',
    },
  },
  BW_DOCTOR_ENDED_AFTER_OPEN: {
    severity: 'error',
    en: {
      title: 'The connection opens and ends {ms} ms later without a close frame ({by}; close code 1006)',
      advice:
        'The handler throws or destroys the socket, or a proxy that does not know WebSocket cuts it after the 101: look at the server’s log first, then compare directly and through the proxy.',
    },
    zh: {
      title: '连接打开后 {ms} 毫秒就结束，没有关闭帧（{by}；关闭码 1006）',
      advice:
        '处理程序抛出异常或销毁了套接字，或不支持 WebSocket 的代理在 101 之后切断：请先看服务器日志，再分别直连和经过代理对比。',
    },
  },
  BW_DOCTOR_CLOSED_AT_ONCE: {
    severity: 'error',
    en: { title: 'The server opens and closes at once: {close}', advice: '{meaning}' },
    zh: { title: '服务器打开后立即关闭：{close}', advice: '{meaning}' },
  },
  BW_DOCTOR_PING_UNANSWERED: {
    severity: 'warning',
    en: {
      title: 'A ping got no pong within {ms} ms',
      advice:
        'Every endpoint must answer pings (RFC 6455 §5.5.2). Clients that check whether the server lives will cut the connection: update the server’s library, or its handler blocks the event loop.',
    },
    zh: {
      title: 'ping 在 {ms} 毫秒内没有 pong',
      advice:
        '每个端点都必须回应 ping（RFC 6455 §5.5.2）。检查存活的客户端会切断连接：请更新服务器的库；也可能是处理程序阻塞了事件循环。',
    },
  },
  BW_DOCTOR_CLOSE_UNANSWERED: {
    severity: 'warning',
    en: {
      title: 'The close frame got no answer',
      advice:
        'A peer echoes a close frame (RFC 6455 §5.5.1); clients otherwise wait for a time-out and see 1006. {how}',
    },
    zh: {
      title: '关闭帧没有得到回应',
      advice: '对方必须回应关闭帧（RFC 6455 §5.5.1），否则客户端会等到超时并看到 1006。{how}',
    },
  },
  BW_DOCTOR_TCP_LEFT_OPEN: {
    severity: 'warning',
    en: {
      title: 'After the close frames the server leaves the TCP connection open',
      advice:
        'The server ends TCP at once (RFC 6455 §7.1.1): clients wait for it, and the server keeps a socket each.',
    },
    zh: {
      title: '关闭帧之后服务器没有结束 TCP 连接',
      advice: '服务器应立即结束 TCP（RFC 6455 §7.1.1）：客户端会一直等待，服务器也会一直占用套接字。',
    },
  },
  BW_DOCTOR_IDLE_TIMEOUT: {
    severity: 'error',
    lines: 'idle',
    en: {
      title: 'A silent connection is cut after {seconds} s; {pings}',
      advice:
        'A proxy or load balancer on the way has that time-out (nginx, Apache and ALB: 60 s; Cloudflare: about 100 s; NLB: 350 s). Send pings more often than that, and raise it.',
    },
    zh: {
      title: '无数据的连接在 {seconds} 秒后被切断；{pings}',
      advice:
        '途中的代理或负载均衡有这个超时（nginx、Apache、ALB 为 60 秒，Cloudflare 约 100 秒，NLB 350 秒）。请以更短的间隔发送 ping（心跳），并调大超时。',
    },
  },
  BW_DOCTOR_ECHOED: {
    severity: 'info',
    en: {
      title: 'A text message of {bytes} bytes came back as it was after {ms} ms',
      advice: 'Messages pass both ways; nothing to do.',
    },
    zh: {
      title: '{bytes} 字节的文本消息在 {ms} 毫秒后原样返回',
      advice: '消息可以双向通过，无需处理。',
    },
  },
  BW_DOCTOR_NOT_ECHOED: {
    severity: 'warning',
    en: {
      title: 'A text message of {bytes} bytes did not come back within {seconds} s: {how}',
      advice:
        'Nothing is wrong when the server is no echo server: send what it understands with bothways connect. If it should echo, its message handler fails or was added too late (add it before any await), or something on the way holds messages back, which bothways doctor behind proves.',
    },
    zh: {
      title: '{bytes} 字节的文本消息在 {seconds} 秒内没有返回：{how}',
      advice:
        '如果它本来就不是回显服务器，就没有问题：用 bothways connect 发送它能理解的内容。如果它应当回显，则是消息处理程序出错或注册太晚（须在任何 await 之前注册），或途中有环节扣住了消息：用 bothways doctor behind 可以证实。',
    },
  },
  BW_DOCTOR_SIZE_LIMIT: {
    severity: 'error',
    lines: 'size',
    en: {
      title: 'A message of {bytes} bytes is refused: {how}',
      advice:
        'Raise the limit at the server, or send less at once. Known limits: websocket 64 KiB a frame, uWebSockets 16 KiB, Socket.IO 1 MB, Bun 16 MiB, ws 100 MiB.',
    },
    zh: {
      title: '{bytes} 字节的消息被拒绝：{how}',
      advice:
        '请调大服务器的上限，或减小单次发送的大小。常见上限：websocket 每帧 64 KiB，uWebSockets 16 KiB，Socket.IO 1 MB，Bun 16 MiB，ws 100 MiB。',
    },
  },
  BW_DOCTOR_ORIGIN_UNCHECKED: {
    severity: 'warning',
    en: {
      title: 'The server accepts pages of any origin ({origin})',
      advice:
        'The same-origin policy does not protect WebSockets: a foreign page can connect with the user’s cookies (cross-site WebSocket hijacking). Check the Origin, unless the endpoint needs no credentials or takes them in the first message.',
    },
    zh: {
      title: '服务器接受任意源的网页（{origin}）',
      advice:
        '同源策略不保护 WebSocket：其他网站的页面可以带着用户的 Cookie 连接（跨站 WebSocket 劫持）。请检查 Origin，除非该端点不需要凭据，或凭据在第一条消息中发送。',
    },
  },
  BW_DOCTOR_HANDSHAKE_UNBOUNDED: {
    severity: 'warning',
    en: {
      title: 'A half request stays open for more than {seconds} s',
      advice:
        'Slow clients can hold connections for ever (Slowloris): set a time limit for the request’s head (headersTimeout of Node.js, client_header_timeout of nginx).',
    },
    zh: {
      title: '不完整的请求可以保持 {seconds} 秒以上',
      advice:
        '慢客户端可以一直占用连接（Slowloris）：请为请求头设置时限（Node.js 的 headersTimeout、nginx 的 client_header_timeout）。',
    },
  },
  BW_DOCTOR_TOKEN_IN_URL: {
    severity: 'warning',
    en: {
      title: 'The URL carries what looks like a secret: {name}',
      advice:
        'URLs stay in logs of servers and proxies and in the browser’s history. Send the token in the first message or a cookie.',
    },
    zh: {
      title: 'URL 中似乎含有密钥：{name}',
      advice: 'URL 会留在服务器、代理的日志和浏览器历史中。请在第一条消息或 Cookie 中发送令牌。',
    },
  },
  BW_DOCTOR_NOT_ENCRYPTED: {
    severity: 'warning',
    en: {
      title: 'ws: over a network is not encrypted',
      advice:
        'Use wss: outside of this machine: pages from https cannot use ws:, and proxies on the way cut what they do not understand.',
    },
    zh: {
      title: 'ws: 在网络上没有加密',
      advice: '本机以外请使用 wss:：https 页面不能使用 ws:，途中的代理也会切断它们不理解的内容。',
    },
  },
} as const
