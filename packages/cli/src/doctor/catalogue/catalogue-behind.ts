/** Findings about a proxy's treatment of a request, seen from both its sides. */
export const catalogueBehind = {
  BW_DOCTOR_NOT_ARRIVED: {
    severity: 'error',
    lines: 'backend',
    en: {
      title: 'The request did not arrive at port {port}; the proxy answered {answer}',
      advice:
        'Point the proxy’s backend for this path at {port} of this machine, reload it, and run this again.',
    },
    zh: {
      title: '请求没有到达端口 {port}；代理的回应是 {answer}',
      advice: '请把代理中该路径的后端指向本机端口 {port}，重新加载后再运行。',
    },
  },
  BW_DOCTOR_REQUEST_HTTP_VERSION: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'The request left as HTTP/1.1 and arrived as HTTP/{version}',
      advice: 'An upgrade needs HTTP/1.1 on every hop (nginx: proxy_http_version 1.1).',
    },
    zh: {
      title: '请求发出时是 HTTP/1.1，到达时是 HTTP/{version}',
      advice: '升级要求每一跳都是 HTTP/1.1（nginx：proxy_http_version 1.1）。',
    },
  },
  BW_DOCTOR_ORIGIN_REWRITTEN: {
    severity: 'warning',
    en: {
      title: 'The proxy changed Origin from {sent} to {got}',
      advice: 'The server can then no longer tell its own pages from foreign ones: pass Origin on as it is.',
    },
    zh: {
      title: '代理把 Origin 从 {sent} 改成了 {got}',
      advice: '服务器因此无法区分自己的页面和其他网站的页面：请原样转发 Origin。',
    },
  },
  BW_DOCTOR_HOST_REWRITTEN: {
    severity: 'warning',
    lines: 'upgrade',
    en: {
      title: 'The proxy changed Host from {sent} to {got}',
      advice:
        'An origin rule that compares Origin with Host then refuses everybody. Pass Host on (nginx: proxy_set_header Host $host), or trust X-Forwarded-Host of this proxy.',
    },
    zh: {
      title: '代理把 Host 从 {sent} 改成了 {got}',
      advice:
        '比较 Origin 和 Host 的规则会因此拒绝所有人。请转发 Host（nginx：proxy_set_header Host $host），或信任该代理的 X-Forwarded-Host。',
    },
  },
  BW_DOCTOR_EXTENSION_REMOVED: {
    severity: 'info',
    en: {
      title: 'The proxy removed Sec-WebSocket-Extensions: messages are not compressed',
      advice: 'It works so. Pass the header on if you want compression.',
    },
    zh: {
      title: '代理去掉了 Sec-WebSocket-Extensions：消息不会压缩',
      advice: '可以正常工作。需要压缩时请转发该头。',
    },
  },
  BW_DOCTOR_ANSWER_CHANGED: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'The server’s 101 left as it should, and arrived as: {answer}',
      advice: 'The proxy takes the answer for an ordinary one. Switch WebSockets on in it.',
    },
    zh: {
      title: '服务器正确地发出了 101，到达时却是：{answer}',
      advice: '代理把它当成了普通回应。请在代理中启用 WebSocket。',
    },
  },
  BW_DOCTOR_CUT_AFTER_BYTES: {
    severity: 'error',
    lines: 'size',
    en: {
      title: 'Of {of} bytes {direction}, {bytes} came through the proxy, then {how}',
      advice:
        'The proxy, or a filter on the way, has a limit for what one message or connection may carry, or takes it for the body of a request (client_max_body_size, a firewall, an antivirus). Raise it there, or send less at once. Its end of the connection says so in no close code: both sides see 1006.',
    },
    zh: {
      title: '{direction}的 {of} 字节中，有 {bytes} 字节通过了代理，随后 {how}',
      advice:
        '代理或途中的过滤器限制了一条消息或一个连接的字节数，或把它当成了请求体（client_max_body_size、防火墙、杀毒软件）。请在那里调大，或减小单次发送的大小。连接被它结束时没有关闭码：两端看到的都是 1006。',
    },
  },
  BW_DOCTOR_CUT_AFTER_SECONDS: {
    severity: 'error',
    lines: 'idle',
    en: {
      title: 'The proxy cuts each connection after {seconds} s, whatever is sent on it',
      advice:
        'Pings do not help: it is a limit of the connection’s life, or of a request’s (max_stream_duration of Envoy, a function’s time limit, a proxy that takes the tunnel for one long answer). Raise it there; clients come back by themselves when they reconnect.',
    },
    zh: {
      title: '代理在 {seconds} 秒后切断每个连接，无论是否有数据',
      advice:
        'ping 没有用：这是连接或请求的寿命上限（Envoy 的 max_stream_duration、云函数的时限，或代理把隧道当成了一个很长的回应）。请在那里调大；会重连的客户端能自己恢复。',
    },
  },
  BW_DOCTOR_BUFFERED: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'The 101 came through, but the bytes behind it did not within {ms} ms',
      advice:
        'The proxy buffers the answer instead of opening a tunnel (proxy_buffering, a filter, an antivirus).',
    },
    zh: {
      title: '101 已到达，但之后的字节在 {ms} 毫秒内没有到达',
      advice: '代理缓冲了回应，没有建立隧道（proxy_buffering、过滤器、杀毒软件）。',
    },
  },
} as const
