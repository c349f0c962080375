/** Findings that an answer's own words prove, whichever hop gave it. */
export const catalogueKnown = {
  BW_DOCTOR_HEADERS_TOO_LARGE: {
    severity: 'error',
    en: {
      title: 'The request has too much in its headers, mostly cookies ({status})',
      advice:
        'Delete the cookies of this site, and keep what is long out of them (a session identifier instead of a whole token). Or raise the limit: nginx large_client_header_buffers, Node.js --max-http-header-size, Apache LimitRequestFieldSize.',
    },
    zh: {
      title: '请求头太大，通常是 Cookie 太多（{status}）',
      advice:
        '请删除该网站的 Cookie，并且不要把很长的内容放进去（存会话标识，而不是整个令牌）。或者调大上限：nginx 的 large_client_header_buffers、Node.js 的 --max-http-header-size、Apache 的 LimitRequestFieldSize。',
    },
  },
  BW_DOCTOR_CAPTIVE_PORTAL: {
    severity: 'error',
    en: {
      title: 'This network wants a login first (511 Network Authentication Required)',
      advice:
        'Open any http:// page in a browser, log in to the network (hotel, train, guest Wi-Fi), and try again. The server was not reached at all.',
    },
    zh: {
      title: '这个网络要求先登录（511 Network Authentication Required）',
      advice:
        '请在浏览器中打开任意 http:// 网页，登录该网络（酒店、列车、访客 Wi-Fi）后再试。请求根本没有到达服务器。',
    },
  },
  BW_DOCTOR_HOST_REFUSED: {
    severity: 'error',
    en: {
      title: 'The server does not answer to the host name {host} ({status}: {says})',
      advice:
        'It checks the Host header, against names that are rebound to it. Add the name to its list: allowedHosts of Vite and webpack-dev-server, ALLOWED_HOSTS of Django, --allow-host of bothways serve; behind a proxy, pass Host on.',
    },
    zh: {
      title: '服务器不接受主机名 {host}（{status}：{says}）',
      advice:
        '它会检查 Host 头，以防 DNS 重绑定。请把该名字加入它的列表：Vite 和 webpack-dev-server 的 allowedHosts、Django 的 ALLOWED_HOSTS、bothways serve 的 --allow-host；在代理后面，请转发 Host。',
    },
  },
  BW_DOCTOR_OTHER_LIBRARY: {
    severity: 'error',
    en: {
      title: 'This is {library}, which plain WebSocket clients cannot use at this URL',
      advice:
        'Connect with the client that belongs to it, or where it has a raw WebSocket, to that path. {how}',
    },
    zh: {
      title: '这是 {library}，普通 WebSocket 客户端不能用这个 URL 连接',
      advice: '请使用它自己的客户端；如果它提供原始 WebSocket，请连接那个路径。{how}',
    },
  },
  BW_DOCTOR_NO_WEBSOCKET_LIBRARY: {
    severity: 'error',
    en: {
      title: 'The server of Python has no library for WebSocket, and takes upgrades for plain requests',
      advice:
        "Install one: pip install 'uvicorn[standard]', or pip install websockets. Then restart uvicorn.",
    },
    zh: {
      title: 'Python 服务器没有安装 WebSocket 库，把升级当成了普通请求',
      advice: "请安装：pip install 'uvicorn[standard]' 或 pip install websockets，然后重启 uvicorn。",
    },
  },
  BW_DOCTOR_HTTP_PROXY_PORT: {
    severity: 'error',
    en: {
      title: 'This port is an HTTP proxy, not the server ({says})',
      advice:
        'Put the server into the URL and go through the proxy: bothways doctor URL --proxy http://{where}. Programs take it as an agent or from HTTPS_PROXY.',
    },
    zh: {
      title: '这个端口是 HTTP 代理，不是服务器（{says}）',
      advice:
        '请在 URL 中写服务器地址，并通过该代理连接：bothways doctor URL --proxy http://{where}。程序用 agent 或 HTTPS_PROXY 指定代理。',
    },
  },
  BW_DOCTOR_PROXY_REFUSES_UPGRADE: {
    severity: 'error',
    en: {
      title: '{proxy} passes plain requests on and refuses upgrades with {status}',
      advice:
        'Switch WebSocket on in it. Envoy: upgrade_configs: [{ upgrade_type: websocket }] of the HTTP connection manager. Istio: name the port http, not tcp or grpc. A firewall or gateway: allow the header Upgrade for this path.',
    },
    zh: {
      title: '{proxy} 会转发普通请求，但用 {status} 拒绝升级',
      advice:
        '请在其中启用 WebSocket。Envoy：在 HTTP connection manager 中加 upgrade_configs: [{ upgrade_type: websocket }]。Istio：端口名用 http，不要用 tcp 或 grpc。防火墙或网关：允许该路径的 Upgrade 头。',
    },
  },
  BW_DOCTOR_STREAM_ENCODED: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'What comes behind the 101 is wrapped: {header}',
      advice:
        'A 101 has no body (RFC 9110 §15.2.2): its bytes are frames. Something on the way compresses or chunks them as if they were a page: leave the path out of gzip, compression middleware and response filters.',
    },
    zh: {
      title: '101 之后的数据被再次包装：{header}',
      advice:
        '101 没有正文（RFC 9110 §15.2.2），其后的字节就是帧。途中有环节把它当成网页压缩或分块：请让该路径绕过 gzip、压缩中间件和响应过滤器。',
    },
  },
} as const
