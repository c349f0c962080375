/** Findings of a 101. */
export const catalogueAccepted = {
  BW_DOCTOR_UPGRADE_HEADER_MISSING: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'The answer is 101 without "Upgrade: websocket" (\'Upgrade\' header is missing)',
      advice:
        'A server written by hand, or a proxy that removed the header from the answer. RFC 6455 §4.2.2 wants it.',
    },
    zh: {
      title: '回应是 101，但没有 "Upgrade: websocket"（\'Upgrade\' header is missing）',
      advice: '服务器是手写的，或代理从回应中去掉了该头。RFC 6455 §4.2.2 要求它。',
    },
  },
  BW_DOCTOR_CONNECTION_HEADER_MISSING: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'The answer is 101 without "Connection: Upgrade" (\'Connection\' header is missing)',
      advice:
        'A server written by hand, or a proxy that removed the header from the answer. RFC 6455 §4.2.2 wants it.',
    },
    zh: {
      title: '回应是 101，但没有 "Connection: Upgrade"（\'Connection\' header is missing）',
      advice: '服务器是手写的，或代理从回应中去掉了该头。RFC 6455 §4.2.2 要求它。',
    },
  },
  BW_DOCTOR_ACCEPT_MISSING: {
    severity: 'error',
    en: {
      title: 'The answer is 101 without Sec-WebSocket-Accept',
      advice:
        'The server must answer the key: base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) (RFC 6455 §4.2.2).',
    },
    zh: {
      title: '回应是 101，但没有 Sec-WebSocket-Accept',
      advice:
        '服务器必须回应密钥：base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))（RFC 6455 §4.2.2）。',
    },
  },
  BW_DOCTOR_ACCEPT_WRONG: {
    severity: 'error',
    en: {
      title:
        "Sec-WebSocket-Accept is {got}, expected {expected} (Incorrect 'Sec-WebSocket-Accept' header value)",
      advice:
        '{guess} It is base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")), of the key as the header gives it.',
    },
    zh: {
      title:
        "Sec-WebSocket-Accept 为 {got}，应为 {expected}（Incorrect 'Sec-WebSocket-Accept' header value）",
      advice:
        '{guess} 正确的值是 base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))，key 为请求头中的原值。',
    },
  },
  BW_DOCTOR_SUBPROTOCOL_NOT_CHOSEN: {
    severity: 'error',
    en: {
      title:
        "The server chose none of the subprotocols {offered} (Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received)",
      advice:
        'Browsers and ws fail then. Let the server choose one (handleProtocols of ws, subprotocols of Bothways, accept(protocol) of websocket), or offer none.',
    },
    zh: {
      title:
        "服务器没有从 {offered} 中选择子协议（Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received）",
      advice:
        '浏览器和 ws 会因此失败。请让服务器选择一个（ws 的 handleProtocols、Bothways 的 subprotocols、websocket 的 accept(protocol)），或不要提出子协议。',
    },
  },
  BW_DOCTOR_SUBPROTOCOL_NOT_OFFERED: {
    severity: 'error',
    en: {
      title:
        "The server chose the subprotocol {got}, which was not offered (Response must not include 'Sec-WebSocket-Protocol' header if not present in request)",
      advice:
        'Let the server choose from what the client offers only (RFC 6455 §4.2.2), or offer it: new WebSocket(url, "{got}").',
    },
    zh: {
      title:
        "服务器选择了未提出的子协议 {got}（Response must not include 'Sec-WebSocket-Protocol' header if not present in request）",
      advice:
        '服务器只能从客户端提出的子协议中选择（RFC 6455 §4.2.2）；或由客户端提出：new WebSocket(url, "{got}")。',
    },
  },
  BW_DOCTOR_EXTENSION_NOT_OFFERED: {
    severity: 'error',
    en: {
      title: 'The server chose an extension that was not offered: {got} (Found an unsupported extension)',
      advice: 'Let the server choose from Sec-WebSocket-Extensions of the request only (RFC 6455 §9.1).',
    },
    zh: {
      title: '服务器选择了未提出的扩展：{got}（Found an unsupported extension）',
      advice: '服务器只能从请求的 Sec-WebSocket-Extensions 中选择（RFC 6455 §9.1）。',
    },
  },
  BW_DOCTOR_EXTENSION_PARAMETERS: {
    severity: 'error',
    en: {
      title: 'The server’s answer to permessage-deflate is invalid: {got} (Error in permessage-deflate)',
      advice:
        'Window bits are 8 to 15, each parameter stands once, and the client’s only where it was offered (RFC 7692 §7.1). Switch compression off at the server until its library is updated.',
    },
    zh: {
      title: '服务器对 permessage-deflate 的回应无效：{got}（Error in permessage-deflate）',
      advice:
        '窗口位数为 8 到 15，每个参数只能出现一次，客户端参数须由客户端提出（RFC 7692 §7.1）。在更新库之前，请关闭服务器的压缩。',
    },
  },
  BW_DOCTOR_HTTP_VERSION: {
    severity: 'warning',
    en: {
      title: 'The status line of the 101 says HTTP/{version}',
      advice:
        'A handshake is HTTP/1.1 (RFC 6455 §4.2.2). Clients take it today, but proxies may not: let the server say HTTP/1.1.',
    },
    zh: {
      title: '101 的状态行写着 HTTP/{version}',
      advice:
        '握手应为 HTTP/1.1（RFC 6455 §4.2.2）。目前的客户端会接受，但代理可能不接受：请让服务器使用 HTTP/1.1。',
    },
  },
  BW_DOCTOR_SLOW: {
    severity: 'warning',
    en: {
      title: 'The handshake took {ms} ms',
      advice:
        'Clients give up after 10 to 20 s. Look for slow authentication, a cold start, or a name that is resolved for each request.',
    },
    zh: {
      title: '握手用了 {ms} 毫秒',
      advice: '客户端会在 10 到 20 秒后放弃。请检查慢的认证、冷启动，或每次请求都做的域名解析。',
    },
  },
} as const
