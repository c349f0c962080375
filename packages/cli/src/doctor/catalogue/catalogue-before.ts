/** Findings from the URL up to TLS. */
export const catalogueBefore = {
  BW_DOCTOR_URL_INVALID: {
    severity: 'error',
    en: {
      title: 'The URL cannot be read: {problem}',
      advice: 'Write it as ws://host:port/path, or wss:// with TLS.',
    },
    zh: { title: '无法解析 URL：{problem}', advice: '请写成 ws://主机:端口/路径；使用 TLS 时写 wss://。' },
  },
  BW_DOCTOR_URL_SCHEME_MISSING: {
    severity: 'error',
    en: {
      title: 'The URL has no scheme; in a page it is a relative path and reaches the page’s own server',
      advice:
        'Write {suggestion}. A browser that gets no scheme connects to the page’s server and reports "Unexpected response code: 200" or 404.',
    },
    zh: {
      title: 'URL 缺少协议；在网页中它会被当作相对路径，连到网页自己的服务器',
      advice:
        '请写成 {suggestion}。缺少协议时，浏览器会连接网页所在的服务器，并报告 "Unexpected response code: 200" 或 404。',
    },
  },
  BW_DOCTOR_URL_SCHEME_UNSUPPORTED: {
    severity: 'error',
    en: {
      title: 'The scheme {scheme} is not one of WebSocket',
      advice: 'The URL’s scheme must be ws or wss (http and https are taken for them): {suggestion}',
    },
    zh: {
      title: 'WebSocket 不支持协议 {scheme}',
      advice: 'URL 的协议须为 ws 或 wss（http 和 https 会自动转换）：{suggestion}',
    },
  },
  BW_DOCTOR_URL_HTTP_SCHEME: {
    severity: 'info',
    en: {
      title: 'The URL begins with {scheme}; new browsers take it for {wanted}, old ones throw',
      advice: 'Write {suggestion}.',
    },
    zh: {
      title: 'URL 以 {scheme} 开头；新浏览器会当作 {wanted}，旧浏览器会抛出异常',
      advice: '请写成 {suggestion}。',
    },
  },
  BW_DOCTOR_URL_FRAGMENT: {
    severity: 'error',
    en: {
      title: 'The URL contains a fragment identifier ({fragment})',
      advice:
        'Remove everything from # on: new WebSocket() throws a SyntaxError in older browsers and in ws, and the fragment never reaches the server. Encode a # in a value as %23.',
    },
    zh: {
      title: 'URL 含有片段标识符（{fragment}）',
      advice:
        '请去掉 # 及其后的内容：旧浏览器和 ws 会抛出 SyntaxError，而且片段不会发送到服务器。参数值中的 # 请写成 %23。',
    },
  },
  BW_DOCTOR_URL_PORT_BLOCKED: {
    severity: 'warning',
    en: {
      title: 'Browsers refuse to connect to port {port} (net::ERR_UNSAFE_PORT)',
      advice: 'Choose another port, such as 8080. Node.js and command lines connect to it nevertheless.',
    },
    zh: {
      title: '浏览器拒绝连接端口 {port}（net::ERR_UNSAFE_PORT）',
      advice: '请换一个端口，例如 8080。Node.js 和命令行工具不受此限制。',
    },
  },
  BW_DOCTOR_URL_CREDENTIALS: {
    severity: 'info',
    en: {
      title: 'The URL carries a user name or password',
      advice:
        'Browsers do not send them in the handshake, and they stay in logs. Use a cookie, or a token in the first message.',
    },
    zh: {
      title: 'URL 中含有用户名或密码',
      advice: '浏览器不会在握手中发送它们，而且会留在日志里。请使用 Cookie，或在第一条消息中发送令牌。',
    },
  },
  BW_DOCTOR_SUBPROTOCOL_INVALID: {
    severity: 'error',
    en: {
      title: 'The subprotocol {protocol} is invalid or duplicated',
      advice:
        "A subprotocol is a token of letters, digits and !#$%&'*+-.^_`|~, without spaces or slashes, and stands once (RFC 6455 §4.1).",
    },
    zh: {
      title: '子协议 {protocol} 无效或重复',
      advice:
        "子协议只能由字母、数字和 !#$%&'*+-.^_`|~ 组成，不能有空格和斜杠，且只能出现一次（RFC 6455 §4.1）。",
    },
  },
  BW_DOCTOR_NAME_NOT_FOUND: {
    severity: 'error',
    en: {
      title: 'The name {host} does not resolve (ENOTFOUND, net::ERR_NAME_NOT_RESOLVED)',
      advice:
        'Check its spelling, the DNS entry and the hosts file. Inside a container, the name of another container is that of its service, and localhost is the container itself.',
    },
    zh: {
      title: '无法解析主机名 {host}（ENOTFOUND、net::ERR_NAME_NOT_RESOLVED）',
      advice: '请检查拼写、DNS 记录和 hosts 文件。在容器中，其他容器的名字是其服务名，localhost 是容器自己。',
    },
  },
  BW_DOCTOR_NAME_SERVER_SILENT: {
    severity: 'error',
    en: {
      title: 'The name server does not answer for {host} (EAI_AGAIN)',
      advice: 'Check the network, the VPN and /etc/resolv.conf; try an IP address to compare.',
    },
    zh: {
      title: '域名服务器没有回应 {host} 的查询（EAI_AGAIN）',
      advice: '请检查网络、VPN 和 /etc/resolv.conf；可改用 IP 地址对比。',
    },
  },
  BW_DOCTOR_PORT_CLOSED: {
    severity: 'error',
    en: {
      title: 'Nothing listens on {where} (ECONNREFUSED, net::ERR_CONNECTION_REFUSED)',
      advice:
        'Start the server, and check the port: it is in the line that the server prints, or in: ss -ltnp. In a container, publish the port, and let the server listen on 0.0.0.0.{also}',
    },
    zh: {
      title: '{where} 没有程序监听（ECONNREFUSED、net::ERR_CONNECTION_REFUSED）',
      advice:
        '请启动服务器并检查端口：服务器启动时会打印端口，也可以用 ss -ltnp 查看。在容器中须发布端口，并让服务器监听 0.0.0.0。{also}',
    },
  },
  BW_DOCTOR_ADDRESS_CLOSED: {
    severity: 'info',
    en: {
      title: '{open} takes connections, {closed} does not',
      advice:
        'The name has several addresses and the server listens on some only. Clients that try the closed one first are slower, and some fail: use the open address in the URL, or let the server listen on :: for both families.',
    },
    zh: {
      title: '{open} 可以连接，{closed} 不可以',
      advice:
        '该名字有多个地址，服务器只监听其中一部分。先尝试不可用地址的客户端会变慢，有些会失败：请在 URL 中使用可用的地址，或让服务器监听 ::（同时支持 IPv4 和 IPv6）。',
    },
  },
  BW_DOCTOR_UNREACHABLE: {
    severity: 'error',
    en: {
      title: 'There is no route to {where} ({errorCode})',
      advice: 'Check the network, the VPN and the routing table; an IPv6 address needs IPv6 on this machine.',
    },
    zh: {
      title: '没有到 {where} 的路由（{errorCode}）',
      advice: '请检查网络、VPN 和路由表；IPv6 地址需要本机支持 IPv6。',
    },
  },
  BW_DOCTOR_NO_ANSWER: {
    severity: 'error',
    en: {
      title: '{where} does not answer at all (ETIMEDOUT, net::ERR_CONNECTION_TIMED_OUT)',
      advice:
        'Packets are dropped on the way: look at the firewall, the security group, the VPN, and whether the address is right. A closed port would have been refused at once.',
    },
    zh: {
      title: '{where} 完全没有回应（ETIMEDOUT、net::ERR_CONNECTION_TIMED_OUT）',
      advice:
        '数据包在途中被丢弃：请检查防火墙、安全组、VPN，以及地址是否正确。如果只是端口未开放，会立即被拒绝。',
    },
  },
  BW_DOCTOR_WSS_TO_PLAIN_PORT: {
    severity: 'error',
    en: {
      title:
        'The URL says wss: but the port speaks plain HTTP (EPROTO wrong version number, net::ERR_SSL_PROTOCOL_ERROR)',
      advice:
        'Use {suggestion}, or give the server a certificate (TLS) or put a proxy with TLS in front of it.',
    },
    zh: {
      title: 'URL 使用 wss:，但端口是明文 HTTP（EPROTO wrong version number、net::ERR_SSL_PROTOCOL_ERROR）',
      advice: '请使用 {suggestion}，或为服务器配置证书（TLS），或在前面放一个带 TLS 的代理。',
    },
  },
  BW_DOCTOR_WS_TO_TLS_PORT: {
    severity: 'error',
    en: {
      title:
        'The URL says ws: but the port expects TLS (socket hang up, Connection closed before receiving a handshake response)',
      advice: 'Use {suggestion}.',
    },
    zh: {
      title:
        'URL 使用 ws:，但端口需要 TLS（socket hang up、Connection closed before receiving a handshake response）',
      advice: '请使用 {suggestion}。',
    },
  },
  BW_DOCTOR_NOT_HTTP: {
    severity: 'error',
    en: {
      title:
        'This port speaks {speaker}, not HTTP (net::ERR_INVALID_HTTP_RESPONSE, Parse Error: Expected HTTP/)',
      advice:
        'A WebSocket begins with an HTTP request. Check the port of the URL: another program listens there.',
    },
    zh: {
      title:
        '这个端口的协议是 {speaker}，不是 HTTP（net::ERR_INVALID_HTTP_RESPONSE、Parse Error: Expected HTTP/）',
      advice: 'WebSocket 以 HTTP 请求开始。请检查 URL 的端口：监听它的是另一个程序。',
    },
  },
  BW_DOCTOR_CERTIFICATE_SELF_SIGNED: {
    severity: 'error',
    en: {
      title: 'The certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT, net::ERR_CERT_AUTHORITY_INVALID)',
      advice:
        'Use a certificate of a known authority (Let’s Encrypt), or trust this one: NODE_EXTRA_CA_CERTS=FILE for Node.js, the system’s store for browsers (mkcert does both). Opening the https page once helps that origin only.',
    },
    zh: {
      title: '证书是自签名的（DEPTH_ZERO_SELF_SIGNED_CERT、net::ERR_CERT_AUTHORITY_INVALID）',
      advice:
        '请使用受信任机构签发的证书（如 Let’s Encrypt），或信任此证书：Node.js 设置 NODE_EXTRA_CA_CERTS=文件，浏览器加入系统证书库（mkcert 可以一次完成）。打开一次 https 页面只对那一个源有效。',
    },
  },
  BW_DOCTOR_CERTIFICATE_UNKNOWN_ISSUER: {
    severity: 'error',
    en: {
      title: 'The certificate’s issuer {issuer} is unknown here ({errorCode})',
      advice:
        'Trust the root of that authority: NODE_EXTRA_CA_CERTS=FILE for Node.js, the system’s store for browsers. If it is your company’s proxy that signs, its root belongs there.',
    },
    zh: {
      title: '不认识证书的签发者 {issuer}（{errorCode}）',
      advice:
        '请信任该机构的根证书：Node.js 设置 NODE_EXTRA_CA_CERTS=文件，浏览器加入系统证书库。如果签发者是公司的代理，请安装它的根证书。',
    },
  },
  BW_DOCTOR_CERTIFICATE_CHAIN_INCOMPLETE: {
    severity: 'error',
    lines: 'certificate',
    en: {
      title:
        'The server sends its certificate without the intermediate ones (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
      advice:
        'Let it send the whole chain; browsers may have the missing ones from elsewhere, so that only Node.js fails.',
    },
    zh: {
      title: '服务器没有发送中间证书（UNABLE_TO_VERIFY_LEAF_SIGNATURE）',
      advice: '请发送完整的证书链；浏览器可能从别处取得缺少的证书，因此只有 Node.js 会失败。',
    },
  },
  BW_DOCTOR_CERTIFICATE_NAME: {
    severity: 'error',
    en: {
      title:
        'The certificate is for {names}, not for {host} (ERR_TLS_CERT_ALTNAME_INVALID, net::ERR_CERT_COMMON_NAME_INVALID)',
      advice:
        'Use one of its names in the URL, or a certificate that lists {host}. A wrong default site of the proxy (SNI) shows the same.',
    },
    zh: {
      title:
        '证书的名称是 {names}，不是 {host}（ERR_TLS_CERT_ALTNAME_INVALID、net::ERR_CERT_COMMON_NAME_INVALID）',
      advice:
        '请在 URL 中使用证书里的名称，或使用包含 {host} 的证书。代理的默认站点（SNI）配置错误也会如此。',
    },
  },
  BW_DOCTOR_CERTIFICATE_EXPIRED: {
    severity: 'error',
    en: {
      title: 'The certificate has expired on {validTo} (CERT_HAS_EXPIRED, net::ERR_CERT_DATE_INVALID)',
      advice:
        'Renew it and reload the server. If it is valid by the calendar, this machine’s clock is wrong.',
    },
    zh: {
      title: '证书已于 {validTo} 过期（CERT_HAS_EXPIRED、net::ERR_CERT_DATE_INVALID）',
      advice: '请更新证书并重新加载服务器。如果按日历证书仍有效，则是本机时钟不对。',
    },
  },
  BW_DOCTOR_CERTIFICATE_NOT_YET_VALID: {
    severity: 'error',
    en: {
      title:
        'The certificate is valid from {validFrom} only (CERT_NOT_YET_VALID, net::ERR_CERT_DATE_INVALID)',
      advice: 'Set the clock of this machine, or wait; a virtual machine that slept often has a wrong clock.',
    },
    zh: {
      title: '证书从 {validFrom} 才开始生效（CERT_NOT_YET_VALID、net::ERR_CERT_DATE_INVALID）',
      advice: '请校正本机时钟，或等待；休眠过的虚拟机时钟常常不对。',
    },
  },
  BW_DOCTOR_CERTIFICATE_REFUSED: {
    severity: 'error',
    en: {
      title: 'The certificate is not accepted ({errorCode})',
      advice: 'Look at it with: openssl s_client -connect {hostPort} -servername {host} -showcerts',
    },
    zh: {
      title: '证书未被接受（{errorCode}）',
      advice: '请查看证书：openssl s_client -connect {hostPort} -servername {host} -showcerts',
    },
  },
  BW_DOCTOR_CLIENT_CERTIFICATE_WANTED: {
    severity: 'error',
    en: {
      title: 'The server wants a certificate of the client',
      advice:
        'Give one: browsers ask the user, Node.js takes tls.cert and tls.key. If it was not meant, switch off client verification (ssl_verify_client, requestCert).',
    },
    zh: {
      title: '服务器要求客户端证书',
      advice:
        '请提供客户端证书：浏览器会询问用户，Node.js 使用 tls.cert 和 tls.key。如果不需要，请关闭客户端验证（ssl_verify_client、requestCert）。',
    },
  },
  BW_DOCTOR_TLS_VERSION: {
    severity: 'error',
    en: {
      title: 'Server and client have no TLS version or cipher in common ({errorText})',
      advice: 'Let the server offer TLS 1.2 and 1.3 with current ciphers; browsers have given up older ones.',
    },
    zh: {
      title: '服务器和客户端没有共同的 TLS 版本或加密套件（{errorText}）',
      advice: '请让服务器支持 TLS 1.2 和 1.3 及当前的加密套件；浏览器已不再支持更旧的版本。',
    },
  },
  BW_DOCTOR_TLS_FAILED: {
    severity: 'error',
    en: {
      title: 'The TLS handshake failed ({errorText})',
      advice:
        'Look at it with: openssl s_client -connect {hostPort} -servername {host}. A server without a site for that name, or a broken key, ends it so.',
    },
    zh: {
      title: 'TLS 握手失败（{errorText}）',
      advice:
        '请查看：openssl s_client -connect {hostPort} -servername {host}。服务器没有该名称的站点，或密钥损坏，都会如此。',
    },
  },
  BW_DOCTOR_TLS_SILENT: {
    severity: 'error',
    en: {
      title: 'The port takes connections but does not answer the TLS ClientHello',
      advice:
        'The program behind it hangs or is not TLS. Compare from the server’s own machine; a firewall that inspects TLS also does this.',
    },
    zh: {
      title: '端口接受连接，但不回应 TLS ClientHello',
      advice: '端口后面的程序停住了，或不是 TLS。请在服务器本机上对比；检查 TLS 的防火墙也会如此。',
    },
  },
  BW_DOCTOR_HTTP2_ONLY: {
    severity: 'error',
    lines: 'http2',
    en: {
      title: 'The server speaks HTTP/2 only, and WebSocket needs HTTP/1.1 or RFC 8441',
      advice:
        'Allow HTTP/1.1 by ALPN beside h2, or enable extended CONNECT (RFC 8441, SETTINGS_ENABLE_CONNECT_PROTOCOL).',
    },
    zh: {
      title: '服务器只支持 HTTP/2，而 WebSocket 需要 HTTP/1.1 或 RFC 8441',
      advice:
        '请在 ALPN 中除 h2 外也允许 HTTP/1.1，或启用扩展 CONNECT（RFC 8441，SETTINGS_ENABLE_CONNECT_PROTOCOL）。',
    },
  },
  BW_DOCTOR_HTTP2_WEBSOCKET_BROKEN: {
    severity: 'warning',
    lines: 'http2',
    en: {
      title:
        'WebSocket works over HTTP/1.1, but not over HTTP/2, which the server advertises for it (status {status})',
      advice:
        'Firefox and Chromium use RFC 8441 where the server’s SETTINGS offer it, so they fail where ws works. Let the backend take extended CONNECT, or do not advertise it.',
    },
    zh: {
      title: 'WebSocket 在 HTTP/1.1 上可用，但在服务器声明支持的 HTTP/2 上失败（状态 {status}）',
      advice:
        '服务器的 SETTINGS 声明了 RFC 8441，Firefox 和 Chromium 就会使用它，因此会失败，而 ws 可用。请让后端支持扩展 CONNECT，或不要声明。',
    },
  },
} as const
