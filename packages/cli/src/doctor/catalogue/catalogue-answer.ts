/** Findings of an answer that is not 101, or of none. */
export const catalogueAnswer = {
  BW_DOCTOR_SERVER_SILENT: {
    severity: 'error',
    en: {
      title: 'The port takes connections but answers nothing, not even a plain GET',
      advice:
        'The process hangs, is stopped in a debugger, or its event loop is blocked; or a proxy waits for a server behind it. Look at its CPU and log.',
    },
    zh: {
      title: '端口接受连接，但没有任何回应，连普通 GET 也没有',
      advice:
        '进程停住了、停在调试器里，或事件循环被阻塞；也可能是代理在等待后面的服务器。请查看 CPU 和日志。',
    },
  },
  BW_DOCTOR_ENDED_WITHOUT_ANSWER: {
    severity: 'error',
    en: {
      title:
        'The server ends the connection without an answer ({how}; socket hang up, net::ERR_EMPTY_RESPONSE)',
      advice:
        'The process crashes or refuses the client before HTTP: look at its log, and at filters by address (PROXY protocol expected, allow lists, a full connection table).',
    },
    zh: {
      title: '服务器没有回应就结束了连接（{how}；socket hang up、net::ERR_EMPTY_RESPONSE）',
      advice:
        '进程崩溃，或在 HTTP 之前就拒绝了客户端：请查看日志，以及按地址的过滤（要求 PROXY 协议、白名单、连接数已满）。',
    },
  },
  BW_DOCTOR_HTTP_INCOMPLETE: {
    severity: 'error',
    en: {
      title: 'The answer begins but its head never ends',
      advice:
        'A head ends with an empty line (\\r\\n\\r\\n, RFC 9112 §2.1). A server written by hand often forgets the last \\r\\n.',
    },
    zh: {
      title: '回应已开始，但响应头没有结束',
      advice: '响应头必须以空行结束（\\r\\n\\r\\n，RFC 9112 §2.1）。手写的服务器常常忘记最后一个 \\r\\n。',
    },
  },
  BW_DOCTOR_UPGRADE_IGNORED: {
    severity: 'error',
    lines: 'attach',
    en: {
      title: 'A plain GET is answered, but the upgrade is never answered: it hangs',
      advice:
        'The server has an upgrade listener that ignores this path, as when two WebSocket servers share one HTTP server, or beside the hot reload of Vite, webpack-dev-server and Next. Check the path; let one listener answer 404 for paths that nobody serves.',
    },
    zh: {
      title: '普通 GET 有回应，但升级请求一直没有回应',
      advice:
        '服务器有 upgrade 监听器，但忽略了这个路径：例如两个 WebSocket 服务器共用一个 HTTP 服务器，或与 Vite、webpack-dev-server、Next 的热更新并存。请检查路径；对没有人处理的路径回应 404。',
    },
  },
  BW_DOCTOR_UPGRADE_CRASHES: {
    severity: 'error',
    en: {
      title: 'A plain GET is answered, but the upgrade ends the connection without an answer ({how})',
      advice:
        'The upgrade listener destroys the socket or throws (Connection closed before receiving a handshake response): look at the server’s log, and answer with a status instead of socket.destroy(). Ended after one second each time: a Socket.IO server with a path of its own.',
    },
    zh: {
      title: '普通 GET 有回应，但升级请求的连接被直接结束（{how}）',
      advice:
        'upgrade 监听器销毁了套接字或抛出了异常（Connection closed before receiving a handshake response）：请查看服务器日志，并用状态码回应，而不是 socket.destroy()。如果每次都在一秒后结束：这是使用自定义路径的 Socket.IO 服务器。',
    },
  },
  BW_DOCTOR_SOCKET_IO_SERVER: {
    severity: 'error',
    en: {
      title: 'This is a Socket.IO server, and a plain WebSocket client cannot talk to it',
      advice:
        'Use its client: io("{httpOrigin}") of socket.io-client (Engine.IO {versions}). On another path the server ends a plain WebSocket after one second without a byte ("Connection closed before receiving a handshake response"), on its own it answers 400 "Transport unknown". Or let the server be a plain WebSocket server (ws, Bothways).',
    },
    zh: {
      title: '这是 Socket.IO 服务器，普通 WebSocket 客户端无法与它通信',
      advice:
        '请使用它的客户端：socket.io-client 的 io("{httpOrigin}")（Engine.IO {versions}）。在其他路径上，服务器会在一秒后不发送任何字节就结束普通 WebSocket（"Connection closed before receiving a handshake response"）；在它自己的路径上会回应 400 "Transport unknown"。也可以改用普通 WebSocket 服务器（ws、Bothways）。',
    },
  },
  BW_DOCTOR_SOCKET_IO: {
    severity: 'info',
    en: {
      title: 'This is Socket.IO (Engine.IO {versions}): use its client',
      advice:
        'Connect with io("{httpOrigin}") of socket.io-client, version {client}. A plain WebSocket client cannot talk to it.',
    },
    zh: {
      title: '这是 Socket.IO（Engine.IO {versions}）：请使用它的客户端',
      advice:
        '请用 socket.io-client {client} 的 io("{httpOrigin}") 连接。普通 WebSocket 客户端无法与它通信。',
    },
  },
  BW_DOCTOR_SOCKET_IO_POLLING_ONLY: {
    severity: 'warning',
    en: {
      title: 'This Socket.IO server (Engine.IO {versions}) takes long polling only, and no WebSocket',
      advice:
        'Its option transports leaves "websocket" out: new Server(httpServer, { transports: ["polling", "websocket"] }). Clients with transports: ["websocket"] cannot connect; others use polling.',
    },
    zh: {
      title: '这个 Socket.IO 服务器（Engine.IO {versions}）只支持长轮询，不支持 WebSocket',
      advice:
        '它的 transports 选项没有 "websocket"：new Server(httpServer, { transports: ["polling", "websocket"] })。设置了 transports: ["websocket"] 的客户端无法连接，其他客户端使用轮询。',
    },
  },
  BW_DOCTOR_SOCKET_IO_VERSION: {
    severity: 'error',
    en: {
      title: 'This Socket.IO server does not take Engine.IO {asked}, but {versions}',
      advice:
        'Use a client of the same major version (socket.io-client {client}), or set allowEIO3: true on a server of version 3 or 4.',
    },
    zh: {
      title: '这个 Socket.IO 服务器不支持 Engine.IO {asked}，只支持 {versions}',
      advice:
        '请使用相同主版本的客户端（socket.io-client {client}），或在 3、4 版的服务器上设置 allowEIO3: true。',
    },
  },
  BW_DOCTOR_SOCKET_IO_NOT_STICKY: {
    severity: 'error',
    lines: 'sticky',
    en: {
      title: 'Socket.IO does not know its own session in the next request (Session ID unknown)',
      advice:
        'Several processes answer without sticky sessions. Let the load balancer send one client to one process, or let clients use the websocket transport only.',
    },
    zh: {
      title: 'Socket.IO 在下一个请求中不认识自己的会话（Session ID unknown）',
      advice:
        '多个进程在没有粘性会话的情况下轮流回应。请让负载均衡把同一客户端发到同一进程，或让客户端只用 websocket 传输。',
    },
  },
  BW_DOCTOR_HTTP_ANSWERED: {
    severity: 'error',
    lines: 'attach',
    en: {
      title: 'An HTTP route answered {status} instead of the upgrade (Unexpected response code: {status})',
      advice:
        'Nobody handles the upgrade on this path: the plain GET gets the same answer. An Express route, static files, a fallback to index.html, an interceptor or a login page took it. Check the path, attach the WebSocket server to the same http.Server, and exclude the path from interceptors.',
    },
    zh: {
      title: '回应的是 HTTP 路由（{status}），而不是升级（Unexpected response code: {status}）',
      advice:
        '这个路径上没有人处理升级：普通 GET 得到同样的回应。请求被 Express 路由、静态文件、index.html 回退、拦截器或登录页接走了。请检查路径，把 WebSocket 服务器挂到同一个 http.Server 上，并让拦截器放行该路径。',
    },
  },
  BW_DOCTOR_REDIRECTED: {
    severity: 'error',
    en: {
      title:
        'The server redirects to {location} ({status}), and browsers never follow in a WebSocket handshake',
      advice: 'Use the final URL: {suggestion}. {reason}',
    },
    zh: {
      title: '服务器重定向到 {location}（{status}），而浏览器在 WebSocket 握手中不会跟随',
      advice: '请使用最终的 URL：{suggestion}。{reason}',
    },
  },
  BW_DOCTOR_WRONG_PATH: {
    severity: 'error',
    en: {
      title: 'A WebSocket server answers here, but not on the path {path}',
      advice:
        'Check the path of the URL against the server’s (path option of ws, route of Bothways, mount of the framework).{found}',
    },
    zh: {
      title: '这里有 WebSocket 服务器，但不在路径 {path} 上',
      advice: '请对照服务器的路径检查 URL（ws 的 path 选项、Bothways 的 route、框架的挂载点）。{found}',
    },
  },
  BW_DOCTOR_NOT_FOUND: {
    severity: 'error',
    lines: 'attach',
    en: {
      title: 'Nobody handles this path: 404 (Unexpected response code: 404)',
      advice:
        'Check the path of the URL. If it is right, no WebSocket server is attached to this HTTP server, or a proxy has no location for the path.',
    },
    zh: {
      title: '没有人处理这个路径：404（Unexpected response code: 404）',
      advice:
        '请检查 URL 的路径。如果路径正确，则这个 HTTP 服务器没有挂上 WebSocket 服务器，或代理没有该路径的 location。',
    },
  },
  BW_DOCTOR_NO_REQUEST_HANDLER: {
    severity: 'error',
    en: {
      title:
        'The server of the library websocket has no "request" listener and does not accept automatically (404)',
      advice:
        'Add wsServer.on("request", request => request.accept(null, request.origin)), or set autoAcceptConnections: true while testing.',
    },
    zh: {
      title: 'websocket 库的服务器没有 "request" 监听器，也没有自动接受（404）',
      advice:
        '请添加 wsServer.on("request", request => request.accept(null, request.origin))，测试时也可以设置 autoAcceptConnections: true。',
    },
  },
  BW_DOCTOR_METHOD: {
    severity: 'error',
    en: {
      title: 'The route behind this path does not take GET: {status}{allow}',
      advice:
        'A WebSocket handshake is always a GET; a route that knows POST only is another route. Check the path. The reverse, a 404 on POST, means that the route knows GET only.',
    },
    zh: {
      title: '这个路径的路由不接受 GET：{status}{allow}',
      advice:
        'WebSocket 握手一定是 GET；只接受 POST 的是另一个路由。请检查路径。反过来，POST 得到 404 说明路由只认识 GET。',
    },
  },
  BW_DOCTOR_AUTHENTICATION: {
    severity: 'error',
    en: {
      title:
        'The server wants credentials: 401{scheme} (HTTP Authentication failed; no valid credentials available)',
      advice:
        'Browsers cannot send an Authorization header with a WebSocket: use a cookie, or a token in the first message. Here: --header "Authorization: Bearer …" or --header "Cookie: …". In ws, verifyClient that returns false also answers 401.',
    },
    zh: {
      title: '服务器要求认证：401{scheme}（HTTP Authentication failed; no valid credentials available）',
      advice:
        '浏览器不能在 WebSocket 中发送 Authorization 头：请用 Cookie，或在第一条消息中发送令牌。这里可用 --header "Authorization: Bearer …" 或 --header "Cookie: …"。ws 的 verifyClient 返回 false 时也回应 401。',
    },
  },
  BW_DOCTOR_ORIGIN_REFUSED: {
    severity: 'error',
    lines: 'origin',
    en: {
      title: 'The server refuses pages of the origin {origin} ({status}); {others}',
      advice:
        'Add the page’s origin to the server’s list. Compare scheme, host and port exactly; a page opened from a file has the origin null.',
    },
    zh: {
      title: '服务器拒绝来自源 {origin} 的网页（{status}）；{others}',
      advice: '请把网页的源加入服务器的允许列表。协议、主机和端口要完全一致；从文件打开的网页源为 null。',
    },
  },
  BW_DOCTOR_FORBIDDEN: {
    severity: 'error',
    en: {
      title: 'The server or a firewall refuses the client: 403{reason}',
      advice:
        'Requests without an Origin and with the server’s own are refused as well. Look at authentication, filters by address, bot protection (a WAF), and the path. If the server has a list of origins, try one of it: --origin https://your.page.',
    },
    zh: {
      title: '服务器或防火墙拒绝了客户端：403{reason}',
      advice:
        '不带 Origin 和使用服务器自己的 Origin 同样被拒绝。请检查认证、按地址的过滤、机器人防护（WAF）和路径。如果服务器有允许的源列表，请用其中一个再试：--origin https://your.page。',
    },
  },
  BW_DOCTOR_PROXY_UNREACHABLE: {
    severity: 'error',
    en: {
      title: 'The proxy {proxy} cannot be reached',
      advice:
        'Check its host and port in --proxy or in the variables https_proxy, http_proxy and all_proxy. If this host needs no proxy, say --proxy none or name it in no_proxy.',
    },
    zh: {
      title: '无法连接代理 {proxy}',
      advice:
        '请检查 --proxy 或环境变量 https_proxy、http_proxy、all_proxy 中的主机和端口。若该主机不需要代理，请使用 --proxy none，或把它写入 no_proxy。',
    },
  },
  BW_DOCTOR_PROXY_REFUSED: {
    severity: 'error',
    en: {
      title: 'The proxy {proxy} opens no tunnel: it answers {status} to CONNECT',
      advice:
        '403 or 405: its rules allow no tunnel to this host or port; many allow port 443 alone. 502, 503 or 504: the proxy itself does not reach the server.',
    },
    zh: {
      title: '代理 {proxy} 没有打开隧道：它对 CONNECT 的回应是 {status}',
      advice:
        '403 或 405：代理的规则不允许到该主机或端口的隧道；许多代理只允许 443 端口。502、503 或 504：代理自己也连不上服务器。',
    },
  },
  BW_DOCTOR_REQUEST_GARBLED: {
    severity: 'error',
    en: {
      title: 'The server cannot read any request, not even a plain GET (400 of its HTTP parser)',
      advice:
        'Something on the way puts bytes in front: mostly a header of the PROXY protocol. Remove send-proxy (HAProxy) or proxy_protocol on (nginx), or let the server read the header.',
    },
    zh: {
      title: '服务器读不懂任何请求，连普通 GET 也不行（HTTP 解析器回应 400）',
      advice:
        '途中有东西在请求前加了字节，多半是 PROXY 协议头。请去掉 send-proxy（HAProxy）或 proxy_protocol on（nginx），或让服务器解析该协议头。',
    },
  },
  BW_DOCTOR_VERSION: {
    severity: 'error',
    en: {
      title: 'The server does not take Sec-WebSocket-Version 13; it offers {versions}',
      advice:
        'The server is older than RFC 6455 (2011): update its WebSocket library. No browser speaks the drafts any more.',
    },
    zh: {
      title: '服务器不支持 Sec-WebSocket-Version 13，它支持 {versions}',
      advice: '服务器早于 RFC 6455（2011 年）：请更新 WebSocket 库。浏览器已不再支持草案版本。',
    },
  },
  BW_DOCTOR_HEADERS_MANGLED: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'The headers Sec-WebSocket-Key or -Version did not arrive as they were sent: {says}',
      advice:
        'A proxy removes, merges or rewrites them. Connect to the server directly to compare, or run: bothways doctor behind.',
    },
    zh: {
      title: 'Sec-WebSocket-Key 或 -Version 到达服务器时已被改动：{says}',
      advice: '有代理删除、合并或改写了它们。请直接连接服务器对比，或运行 bothways doctor behind。',
    },
  },
  BW_DOCTOR_BAD_REQUEST: {
    severity: 'error',
    en: {
      title: 'The server refuses the handshake: 400{says}',
      advice: 'Read the answer’s body above; compare with a direct connection if there is a proxy.',
    },
    zh: {
      title: '服务器拒绝了握手：400{says}',
      advice: '请阅读上面的响应体；如果有代理，请直接连接后端对比。',
    },
  },
  BW_DOCTOR_SUBPROTOCOL_REQUIRED: {
    severity: 'error',
    en: {
      title: 'The server wants a subprotocol: it refuses without ({status}) and accepts {protocol}',
      advice: 'new WebSocket(url, "{protocol}"), or the client library of that protocol.',
    },
    zh: {
      title: '服务器要求子协议：不带时拒绝（{status}），带 {protocol} 时接受',
      advice: '请使用 new WebSocket(url, "{protocol}")，或该协议的客户端库。',
    },
  },
  BW_DOCTOR_SUBPROTOCOL_REFUSED: {
    severity: 'error',
    en: {
      title: 'The server refuses the subprotocol {protocol} ({status}), and accepts without it',
      advice:
        'Offer one that the server knows, or add it there: handleProtocols of ws, subprotocols of Bothways. It is a name, not a token or a URL.',
    },
    zh: {
      title: '服务器拒绝子协议 {protocol}（{status}），不带时接受',
      advice:
        '请使用服务器支持的子协议，或在服务器上添加：ws 的 handleProtocols、Bothways 的 subprotocols。子协议是名字，不是令牌或 URL。',
    },
  },
  BW_DOCTOR_COMPRESSION_REFUSED: {
    severity: 'error',
    en: {
      title:
        'The server fails when a client offers compression ({status}), and accepts without: every browser offers it',
      advice:
        'Let the server ignore extensions that it does not know (RFC 6455 §9.1); a proxy may remove Sec-WebSocket-Extensions until then.',
    },
    zh: {
      title: '客户端提出压缩时服务器失败（{status}），不提出时接受；而所有浏览器都会提出',
      advice: '请让服务器忽略不认识的扩展（RFC 6455 §9.1）；在此之前可由代理去掉 Sec-WebSocket-Extensions。',
    },
  },
  BW_DOCTOR_TOO_MANY_REQUESTS: {
    severity: 'error',
    en: {
      title: 'The server limits clients: 429{after}',
      advice: 'Wait, then try again; let clients reconnect with growing, random delays.',
    },
    zh: {
      title: '服务器限制了客户端：429{after}',
      advice: '请稍后再试；客户端重连时应使用递增且随机的间隔。',
    },
  },
  BW_DOCTOR_UNAVAILABLE: {
    severity: 'error',
    lines: 'backend',
    en: {
      title: 'The server is overloaded, draining or has no backend: 503{after}',
      advice: 'Wait, then try again. From a proxy it means that no server behind it is up.',
    },
    zh: {
      title: '服务器过载、正在停止或没有后端：503{after}',
      advice: '请稍后再试。如果来自代理，说明后面没有可用的服务器。',
    },
  },
  BW_DOCTOR_SERVER_ERROR: {
    severity: 'error',
    en: {
      title: 'The server’s handler failed: {status}',
      advice: 'Read the server’s log: the code that handles this path throws, for upgrades {plain}.',
    },
    zh: {
      title: '服务器的处理程序出错：{status}',
      advice: '请查看服务器日志：处理该路径的代码抛出了异常，{plain}。',
    },
  },
  BW_DOCTOR_STATUS: {
    severity: 'error',
    en: {
      title: 'The server answered {status} {reason} instead of 101 (Unexpected response code: {status})',
      advice: 'Look up the status in the server’s documentation; the body is above.',
    },
    zh: {
      title: '服务器的回应是 {status} {reason}，而不是 101（Unexpected response code: {status}）',
      advice: '请在服务器的文档中查找该状态；响应体见上。',
    },
  },
} as const
