/** Findings about the treatment of the upgrade by a proxy on the way. */
export const catalogueProxy = {
  BW_DOCTOR_PROXY_AUTHENTICATION: {
    severity: 'error',
    en: {
      title: 'A proxy on the way wants credentials (407)',
      advice:
        'Give the proxy’s user and password in the system’s proxy settings or in HTTPS_PROXY, or ask for an exception for this host.',
    },
    zh: {
      title: '途中的代理要求认证（407）',
      advice: '请在系统代理设置或 HTTPS_PROXY 中填写代理的用户名和密码，或为该主机申请例外。',
    },
  },
  BW_DOCTOR_UPGRADE_STRIPPED: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title: 'A proxy removed Upgrade or Connection: the WebSocket server saw a plain request ({status})',
      advice: 'Let every proxy on the way pass both headers on, and speak HTTP/1.1 to the server behind it.',
    },
    zh: {
      title: '代理去掉了 Upgrade 或 Connection：WebSocket 服务器收到的是普通请求（{status}）',
      advice: '请让途中的每个代理都转发这两个头，并用 HTTP/1.1 访问后端。',
    },
  },
  BW_DOCTOR_UPGRADE_STRIPPED_OR_UNHANDLED: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title:
        '{proxy} answered {status} as to a plain GET: it does not pass the upgrade on, or nobody behind it handles it (Unexpected response code: {status})',
      advice:
        'Both look the same from here: the server behind treats an upgrade that nobody handles as the plain GET that it is without the headers. If the question below is answered by the server behind, attach a WebSocket server there; else give the proxy these lines.',
      question:
        'What does the server behind the proxy answer itself? Run on its machine: bothways doctor with its own address and port. If it opens there, the proxy strips the upgrade; if it answers {status} there as well, nobody handles it. Without access to it: bothways doctor behind URL --listen PORT.{habit}',
    },
    zh: {
      title:
        '{proxy} 的回应（{status}）与普通 GET 相同：它没有转发升级请求，或后端没有处理升级（Unexpected response code: {status}）',
      advice:
        '从外面看两者相同：没有人处理的升级请求，在后端就和去掉这两个头的普通 GET 一样。如果下面的问题表明原因在后端，请在那里挂上 WebSocket 服务器；否则请在代理中加入下面的配置。',
      question:
        '后端自己怎么回应？请在后端的机器上用它自己的地址和端口运行 bothways doctor：如果能打开，就是代理去掉了升级；如果同样回应 {status}，就是没有人处理升级。无法登录后端时：bothways doctor behind URL --listen PORT。{habit}',
    },
  },
  BW_DOCTOR_PROXY_ANSWERED: {
    severity: 'error',
    lines: 'upgrade',
    en: {
      title:
        '{proxy} answered itself with {status}, and passed nothing on: no rule of it leads this path to a WebSocket server (Unexpected response code: {status})',
      advice:
        'The page or file is the proxy’s own. Give it a rule for exactly this path, before the one that serves files or index.html; check the path of the URL and the host name that the rule is for.',
    },
    zh: {
      title:
        '{proxy} 自己回应了 {status}，没有转发：没有规则把这个路径指向 WebSocket 服务器（Unexpected response code: {status}）',
      advice:
        '这个页面或文件来自代理自身。请为这个路径添加规则，并放在静态文件或 index.html 规则之前；同时检查 URL 的路径和规则对应的主机名。',
    },
  },
  BW_DOCTOR_PROXY_HEADER_WANTED: {
    severity: 'error',
    en: {
      title:
        'The port takes connections of a load balancer only: it answers behind a header of the PROXY protocol, and nobody else',
      advice:
        'Connect to the load balancer instead, or do not expect the header: remove accept-proxy (HAProxy) or proxy_protocol (nginx) from this port.',
    },
    zh: {
      title: '这个端口只接受负载均衡器的连接：带有 PROXY 协议头时才回应',
      advice:
        '请改为连接负载均衡器；或不再要求该协议头：从这个端口去掉 accept-proxy（HAProxy）或 proxy_protocol（nginx）。',
    },
  },
  BW_DOCTOR_BAD_GATEWAY: {
    severity: 'error',
    lines: 'backend',
    en: {
      title: 'The proxy{proxy} cannot reach the server behind it: {status}',
      advice:
        'Check that the server runs, and the address, port and protocol that the proxy uses for it (http or https, HTTP/1.1).',
    },
    zh: {
      title: '代理{proxy}无法访问后面的服务器：{status}',
      advice: '请检查后端是否在运行，以及代理使用的地址、端口和协议（http 或 https，HTTP/1.1）。',
    },
  },
  BW_DOCTOR_CLOUDFLARE_ORIGIN: {
    severity: 'error',
    en: {
      title: 'Cloudflare cannot reach the origin server: {status}',
      advice:
        '521: it refuses; 522 and 524: it does not answer in time; 525 and 526: its TLS or certificate is wrong. Check port and certificate of the origin, and that Cloudflare’s addresses are let in.',
    },
    zh: {
      title: 'Cloudflare 无法访问源站：{status}',
      advice:
        '521：源站拒绝；522 和 524：超时；525 和 526：TLS 或证书错误。请检查源站的端口和证书，并放行 Cloudflare 的地址。',
    },
  },
} as const
