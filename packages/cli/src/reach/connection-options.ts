/** How to reach a server and what to say to it: the same for every command that connects. */
export const connectionOptions = {
  protocol: {
    type: 'string',
    short: 's',
    multiple: true,
    value: 'P',
    says: {
      en: 'offer a subprotocol; may be repeated, best first',
      zh: '提供一个子协议；可重复，优先的在前',
    },
  },
  header: {
    type: 'string',
    short: 'H',
    multiple: true,
    value: '"N: v"',
    says: { en: 'send a header with the handshake; may be repeated', zh: '握手时发送一个请求头；可重复' },
  },
  auth: {
    type: 'string',
    elsewhere: ['user'],
    value: 'USER:PASS',
    says: {
      en: 'log in by HTTP’s Basic scheme (RFC 7617)',
      zh: '用 HTTP 的 Basic 方式登录（RFC 7617）',
    },
  },
  origin: {
    type: 'string',
    short: 'o',
    value: 'O',
    says: { en: 'send an Origin, as a browser would', zh: '像浏览器那样发送 Origin' },
  },
  insecure: {
    type: 'boolean',
    short: 'n',
    elsewhere: ['no-check'],
    says: { en: 'accept any TLS certificate: for tests only', zh: '接受任何 TLS 证书：仅用于测试' },
  },
  ca: {
    type: 'string',
    elsewhere: ['cacert'],
    value: 'FILE',
    completion: 'file',
    says: {
      en: 'trust the certificates of this PEM file instead of the usual ones',
      zh: '信任这个 PEM 文件中的证书，而不是系统默认的证书',
    },
  },
  cert: {
    type: 'string',
    value: 'FILE',
    completion: 'file',
    says: {
      en: 'the certificate of this client, PEM; with `--key`',
      zh: '客户端证书（PEM）；与 `--key` 一起用',
    },
  },
  key: {
    type: 'string',
    value: 'FILE',
    completion: 'file',
    says: { en: 'its private key, PEM', zh: '它的私钥（PEM）' },
  },
  proxy: {
    type: 'string',
    value: 'URL',
    says: {
      en: 'go through this HTTP proxy by CONNECT, such as http://user:password@host:port; `none`: through none',
      zh: '经由这个 HTTP 代理（CONNECT），例如 http://user:password@host:port；`none` 表示不用代理',
    },
    without: {
      en: 'https_proxy, http_proxy, all_proxy and no_proxy of the environment',
      zh: '环境变量 https_proxy、http_proxy、all_proxy 和 no_proxy',
    },
  },
} as const
