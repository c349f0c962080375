/** Findings that only a browser's console or a program's log shows: no probe makes them, a pasted text does. */
export const cataloguePasted = {
  BW_DOCTOR_SEND_BEFORE_OPEN: {
    severity: 'error',
    en: {
      title: 'send() was called before the connection was open (Still in CONNECTING state)',
      advice:
        'Send in the open event: socket.addEventListener("open", () => socket.send(…)), or keep messages until then.',
    },
    zh: {
      title: '在连接打开之前调用了 send()（Still in CONNECTING state）',
      advice:
        '请在 open 事件中发送：socket.addEventListener("open", () => socket.send(…))，或先把消息存起来。',
    },
  },
  BW_DOCTOR_SEND_AFTER_CLOSE: {
    severity: 'error',
    en: {
      title: 'send() was called after the connection had closed',
      advice:
        'Check readyState === WebSocket.OPEN before sending, and listen to close; connect again before you send more.',
    },
    zh: {
      title: '在连接关闭之后调用了 send()',
      advice: '发送前请检查 readyState === WebSocket.OPEN，并监听 close；重新连接后再发送。',
    },
  },
  BW_DOCTOR_CLOSE_BEFORE_OPEN: {
    severity: 'warning',
    en: {
      title: 'close() was called while connecting (WebSocket is closed before the connection is established)',
      advice:
        'The page itself closed it: a navigation, a component that was unmounted, or React’s StrictMode, which mounts twice. Close in the open event instead, or share one connection between mounts.',
    },
    zh: {
      title: '在连接过程中调用了 close()（WebSocket is closed before the connection is established）',
      advice:
        '是页面自己关闭的：页面跳转、组件卸载，或 React 的 StrictMode（挂载两次）。请在 open 事件之后再关闭，或在多次挂载间共用一个连接。',
    },
  },
  BW_DOCTOR_CLOSE_ARGUMENT: {
    severity: 'error',
    en: {
      title: 'close() takes 1000 or 3000 to 4999, and a reason of at most 123 bytes of UTF-8',
      advice:
        'The other codes are the protocol’s own. Use 4000 to 4999 for reasons of your application; a Chinese character takes three bytes.',
    },
    zh: {
      title: 'close() 只接受 1000 或 3000 到 4999，原因最多 123 字节（UTF-8）',
      advice: '其他关闭码由协议自己使用。应用自己的原因请用 4000 到 4999；一个汉字占三个字节。',
    },
  },
  BW_DOCTOR_MIXED_CONTENT: {
    severity: 'error',
    en: {
      title:
        'A page loaded over https may not open ws: (An insecure WebSocket connection may not be initiated from a page loaded over HTTPS)',
      advice:
        'Use wss: with a certificate; behind a proxy with TLS the application itself needs none. Loopback addresses are exempt.',
    },
    zh: {
      title:
        'https 页面不能打开 ws:（An insecure WebSocket connection may not be initiated from a page loaded over HTTPS）',
      advice: '请使用带证书的 wss:；在带 TLS 的代理后面，应用自己不需要证书。本机回环地址除外。',
    },
  },
  BW_DOCTOR_CONTENT_SECURITY_POLICY: {
    severity: 'error',
    en: {
      title:
        'The page’s Content Security Policy forbids the connection (violates the directive "connect-src")',
      advice:
        "Add the server to the page’s policy: Content-Security-Policy: connect-src 'self' wss://example.com. Only the error event fires then, no close may follow.",
    },
    zh: {
      title: '页面的内容安全策略（CSP）禁止了连接（违反 "connect-src"）',
      advice:
        "请把服务器加入页面的策略：Content-Security-Policy: connect-src 'self' wss://example.com。这时只触发 error 事件，可能没有 close。",
    },
  },
  BW_DOCTOR_PROXY_TUNNEL: {
    severity: 'error',
    en: {
      title: 'The proxy did not open a tunnel (Establishing a tunnel via proxy server failed)',
      advice:
        'Use wss: on port 443, which most proxies let through, and check the proxy’s settings and credentials.',
    },
    zh: {
      title: '代理没有建立隧道（Establishing a tunnel via proxy server failed）',
      advice: '请使用 443 端口的 wss:（多数代理放行），并检查代理的设置和认证。',
    },
  },
  BW_DOCTOR_CONNECTION_RESET: {
    severity: 'error',
    en: {
      title: 'The connection was reset (ECONNRESET, net::ERR_CONNECTION_RESET)',
      advice:
        'A firewall, a crashed process or a proxy that restarted cut it without a FIN. Find out whether it happens at once or after a while: run bothways doctor URL, then with --idle 130.',
    },
    zh: {
      title: '连接被重置（ECONNRESET、net::ERR_CONNECTION_RESET）',
      advice:
        '防火墙、崩溃的进程或重启的代理直接切断了连接。请确认是立即发生还是过一段时间：运行 bothways doctor URL，再加 --idle 130。',
    },
  },
  BW_DOCTOR_HANDSHAKE_TIMEOUT: {
    severity: 'error',
    en: {
      title: 'The opening handshake took too long (Opening handshake has timed out, timeout)',
      advice:
        'Something listens, but nobody answers the upgrade: an upgrade listener that ignores the path, a blocked event loop, or a proxy that waits for its backend. Run: bothways doctor URL',
    },
    zh: {
      title: '握手超时（Opening handshake has timed out、timeout）',
      advice:
        '有程序监听，但没有人回应升级：upgrade 监听器忽略了该路径、事件循环被阻塞，或代理在等后端。请运行：bothways doctor URL',
    },
  },
  BW_DOCTOR_ABNORMAL_CLOSURE: {
    severity: 'error',
    en: {
      title: 'Close code 1006: the connection ended without a close frame',
      advice:
        '1006 is never sent; the client reports it by itself. At once: the handshake failed, or the handler crashed. After 50 to 65, 100 or 350 s of silence: the idle time-out of a proxy. For everybody at one moment: a deploy. During large messages: a limit.',
    },
    zh: {
      title: '关闭码 1006：连接结束时没有关闭帧',
      advice:
        '1006 不会出现在线路上，是客户端自己报告的。立即出现：握手失败或处理程序崩溃。静默 50～65、100 或 350 秒后：代理的空闲超时。所有人同时：部署。发送大消息时：大小上限。',
    },
  },
  BW_DOCTOR_CLOSE_NORMAL: {
    severity: 'info',
    en: {
      title: 'Close code {code}: a normal end',
      advice:
        '1000: either side has finished. 1001: the page was left or the server stops; connect again after a moment. 1005: the peer sent no code, as many libraries do.',
    },
    zh: {
      title: '关闭码 {code}：正常结束',
      advice:
        '1000：某一方已完成。1001：页面离开或服务器停止，稍后可重连。1005：对方没有发送关闭码，很多库都这样。',
    },
  },
  BW_DOCTOR_CLOSE_PROTOCOL: {
    severity: 'error',
    en: {
      title:
        'Close code {code}: one side broke the protocol, sent text that is not UTF-8, or a type that is not taken',
      advice:
        '1002: a frame broke RFC 6455, often a second writer on the socket or broken compression. 1003: text or binary is not accepted. 1007: text that is not UTF-8. Run bothways doctor URL to see the bytes.',
    },
    zh: {
      title: '关闭码 {code}：有一方违反了协议，发送了非 UTF-8 的文本，或不接受的类型',
      advice:
        '1002：帧违反 RFC 6455，常见于有第二个写入者或压缩出错。1003：不接受文本或二进制。1007：文本不是 UTF-8。请运行 bothways doctor URL 查看字节。',
    },
  },
  BW_DOCTOR_CLOSE_POLICY: {
    severity: 'error',
    en: {
      title: 'Close code {code}: the server refuses by policy',
      advice:
        'Read the close reason: authentication, a rate limit or an application rule. Browsers cannot send 1008 themselves, so it was the server.',
    },
    zh: {
      title: '关闭码 {code}：服务器按策略拒绝',
      advice: '请看关闭原因：认证、频率限制或应用规则。浏览器自己不能发送 1008，所以是服务器发的。',
    },
  },
  BW_DOCTOR_CLOSE_SERVER: {
    severity: 'error',
    en: {
      title: 'Close code {code}: the server failed, restarts or is overloaded',
      advice:
        '1010: an extension is missing. 1011: the handler threw, read the server’s log. 1012: it restarts, come back. 1013: try later. 1014: the gateway got a bad answer.',
    },
    zh: {
      title: '关闭码 {code}：服务器出错、重启或过载',
      advice:
        '1010：缺少扩展。1011：处理程序抛出异常，请看服务器日志。1012：正在重启，请重连。1013：稍后再试。1014：网关得到了错误的回应。',
    },
  },
  BW_DOCTOR_CLOSE_APPLICATION: {
    severity: 'error',
    en: {
      title: 'Close code {code}: the application’s own',
      advice:
        '3000 to 3999 are registered by libraries, 4000 to 4999 belong to the application: look it up in its code or documentation. 4401 and 4403 are often used as HTTP’s 401 and 403, 4429 as 429.',
    },
    zh: {
      title: '关闭码 {code}：应用自定义',
      advice:
        '3000～3999 由库登记，4000～4999 属于应用：请查应用的代码或文档。4401、4403 常表示 HTTP 的 401、403，4429 表示 429。',
    },
  },
  BW_DOCTOR_SOCKET_IO_PING_TIMEOUT: {
    severity: 'error',
    en: {
      title: 'Socket.IO got no ping in time (ping timeout)',
      advice:
        'The network was lost, the page slept, or a long computation blocked one side; a client of version 2 at a server of version 3 or 4 ends so after about 30 s. Raise pingTimeout only when computations are the cause.',
    },
    zh: {
      title: 'Socket.IO 没有及时收到 ping（ping timeout）',
      advice:
        '网络中断、页面休眠，或长时间计算阻塞了一方；2 版客户端连接 3、4 版服务器，约 30 秒后也会这样。只有计算是原因时才调大 pingTimeout。',
    },
  },
  BW_DOCTOR_SOCKET_IO_NAMESPACE: {
    severity: 'error',
    en: {
      title: 'The Socket.IO server has no such namespace (Invalid namespace)',
      advice:
        'In io("/my-path") the path is a namespace, not the path of a URL: use io(), or define it with io.of("/my-path") on the server. The path of the URL is the option path.',
    },
    zh: {
      title: 'Socket.IO 服务器没有这个命名空间（Invalid namespace）',
      advice:
        'io("/my-path") 中的路径是命名空间，不是 URL 的路径：请用 io()，或在服务器上用 io.of("/my-path") 定义。URL 的路径由 path 选项指定。',
    },
  },
  BW_DOCTOR_SOCKET_IO_DISCONNECTED: {
    severity: 'info',
    en: {
      title: 'One side of Socket.IO called disconnect() (io server disconnect, io client disconnect)',
      advice:
        'The program did it. After "io server disconnect" the client does not come back by itself: call socket.connect().',
    },
    zh: {
      title: 'Socket.IO 的某一方调用了 disconnect()（io server disconnect、io client disconnect）',
      advice: '这是程序自己做的。"io server disconnect" 之后客户端不会自动重连：请调用 socket.connect()。',
    },
  },
  BW_DOCTOR_CORS: {
    severity: 'error',
    lines: 'origin',
    en: {
      title:
        'The browser keeps the answer from a page of another origin (blocked by CORS policy, No Access-Control-Allow-Origin header)',
      advice:
        'This is about a request of HTTP, such as the polling of Socket.IO: a WebSocket itself knows no CORS. Allow the page’s origin on the server.',
    },
    zh: {
      title: '浏览器不让另一个源的网页读取回应（已被 CORS 策略阻止，No Access-Control-Allow-Origin header）',
      advice:
        '这与 HTTP 请求有关，例如 Socket.IO 的轮询；WebSocket 本身没有 CORS。请在服务器上允许网页的源。',
    },
  },
  BW_DOCTOR_PORT_IN_USE: {
    severity: 'error',
    en: {
      title: 'The server did not start: another program listens on its port (EADDRINUSE)',
      advice:
        'End the other one, often an earlier start of the same server, or take another port. To see who it is: ss -ltnp, or lsof -i :8080; on Windows netstat -ano.',
    },
    zh: {
      title: '服务器没有启动：端口已被另一个程序占用（EADDRINUSE）',
      advice:
        '请结束那个程序（常常是同一服务器之前的进程），或换一个端口。查看占用者：ss -ltnp 或 lsof -i :8080；Windows 上用 netstat -ano。',
    },
  },
  BW_DOCTOR_BLOCKED_BY_EXTENSION: {
    severity: 'error',
    en: {
      title: 'An extension of the browser blocked the connection (net::ERR_BLOCKED_BY_CLIENT)',
      advice:
        'Try a private window without extensions; ad blockers go by words in the host or path of the URL.',
    },
    zh: {
      title: '浏览器扩展拦截了连接（net::ERR_BLOCKED_BY_CLIENT）',
      advice: '请在没有扩展的无痕窗口中再试；广告拦截器会按 URL 的主机或路径中的词语拦截。',
    },
  },
  BW_DOCTOR_DOMAIN_NOT_LISTED: {
    severity: 'error',
    en: {
      title: 'The mini program may not connect to this host (url not in domain list)',
      advice:
        'Add wss:// and the host to the "socket" list of legal domains in the mini program’s settings; it needs a name with a certificate. While developing, switch the check off in the tool’s settings.',
    },
    zh: {
      title: '小程序不能连接这个域名（url not in domain list）',
      advice:
        '请在小程序后台“开发设置”的 socket 合法域名中添加 wss:// 域名；必须是有证书的域名。开发时可在开发者工具中勾选“不校验合法域名”。',
    },
  },
  BW_DOCTOR_UNHANDLED_ERROR: {
    severity: 'error',
    en: {
      title: "An error event without a listener ended the Node.js process (Unhandled 'error' event)",
      advice:
        'Add socket.on("error", …) to every socket of ws, server and client; the message names the real cause.',
    },
    zh: {
      title: "没有监听器的 error 事件结束了 Node.js 进程（Unhandled 'error' event）",
      advice: '请给 ws 的每个套接字（服务器和客户端）加上 socket.on("error", …)；消息里写着真正的原因。',
    },
  },
  BW_DOCTOR_NO_WEBSOCKET_HERE: {
    severity: 'error',
    en: {
      title: 'The program has no class WebSocket here (WebSocket is not defined, or is not a constructor)',
      advice:
        "Node.js has one from 22 on: before that, import { WebSocket } from 'bothways' (or from 'ws'). Not a constructor: the import is another thing, such as a module's default without one; in a page, a variable of the name WebSocket hides the browser's.",
    },
    zh: {
      title: '程序中没有 WebSocket 类（WebSocket is not defined，或 is not a constructor）',
      advice:
        "Node.js 从 22 起自带；更早的版本请 import { WebSocket } from 'bothways'（或 'ws'）。不是构造函数：导入的是别的东西，例如模块的默认导出；或网页里有名为 WebSocket 的变量遮住了浏览器的类。",
    },
  },
  BW_DOCTOR_CLEARTEXT_FORBIDDEN: {
    severity: 'error',
    en: {
      title:
        'The phone forbids connections without TLS to this host (Android cleartext, iOS App Transport Security)',
      advice:
        'Serve wss://. While developing only: Android, a network_security_config with cleartextTrafficPermitted for that host; iOS, NSAllowsLocalNetworking or an exception in NSAppTransportSecurity.',
    },
    zh: {
      title: '手机系统禁止对该主机使用无 TLS 的连接（Android 明文限制、iOS ATS）',
      advice:
        '请提供 wss://。仅在开发时：Android 用 network_security_config 为该主机设置 cleartextTrafficPermitted；iOS 在 NSAppTransportSecurity 中设置 NSAllowsLocalNetworking 或例外域名。',
    },
  },
  BW_DOCTOR_RECORDING_OPENED: {
    severity: 'info',
    en: {
      title: 'Of {of} WebSockets in the recording, {count} opened',
      advice:
        'Nothing to do for these: a recording does not tell how they ended, only that they were accepted.',
    },
    zh: {
      title: '录制中有 {of} 个 WebSocket，其中 {count} 个成功打开',
      advice: '这些无需处理：录制文件只说明连接被接受，不说明后来如何结束。',
    },
  },
  BW_DOCTOR_RECORDING_EMPTY: {
    severity: 'info',
    en: {
      title: 'The recording has no WebSocket, only {requests} other requests',
      advice:
        'Open the developer tools before the page connects, reload it, wait for the failure, and save the recording of the network panel again. Firefox leaves out what failed before the handshake: the line in its console says more, and bothways doctor explain reads it.',
    },
    zh: {
      title: '录制中没有 WebSocket，只有 {requests} 个其他请求',
      advice:
        '请在页面连接之前打开开发者工具，刷新页面，等失败出现后再从网络面板保存录制。握手之前的失败 Firefox 不会录下：控制台里的那一行写得更多，bothways doctor explain 能读懂它。',
    },
  },
  BW_DOCTOR_GENERIC: {
    severity: 'info',
    en: {
      title: 'The text says only that the connection failed: browsers hide the reason from pages on purpose',
      advice:
        'Open the browser’s console: the line beside it says more, paste that. Or let the doctor try: bothways doctor URL',
    },
    zh: {
      title: '这段文字只说明连接失败：浏览器有意不向网页透露原因',
      advice: '请打开浏览器控制台：旁边的一行会写得更多，把它粘贴过来。或者让医生来试：bothways doctor URL',
    },
  },
  BW_DOCTOR_TEXT_UNKNOWN: {
    severity: 'warning',
    en: {
      title: 'This text is not known',
      advice: 'Let the doctor try the connection itself: bothways doctor URL',
    },
    zh: { title: '不认识这段文字', advice: '请让医生直接尝试连接：bothways doctor URL' },
  },
} as const
