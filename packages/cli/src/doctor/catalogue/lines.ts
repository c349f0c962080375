import type { Language } from '../../language.ts'

/** A server, proxy or framework that has lines of its own in an advice. */
export type Product =
  | 'nginx'
  | 'Apache'
  | 'Caddy'
  | 'HAProxy'
  | 'Traefik'
  | 'AWS ALB'
  | 'Cloudflare'
  | 'Kubernetes ingress'
  | 'Vite'
  | 'webpack'
  | 'Next'
  | 'Express'
  | 'ws'
  | 'Socket.IO'
  | 'Spring'
  | 'Django Channels'
  | 'Bothways'

/** The subject of a set of lines. */
export type Topic =
  | 'upgrade'
  | 'idle'
  | 'origin'
  | 'attach'
  | 'backend'
  | 'sticky'
  | 'certificate'
  | 'size'
  | 'http2'

type Lines = Readonly<Partial<Record<Product, string | { readonly en: string; readonly zh: string }>>>

const lines: Readonly<Record<Topic, Lines>> = {
  upgrade: {
    nginx: `location /ws {
    proxy_pass http://127.0.0.1:8080;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_set_header Host $host;
}`,
    Apache: `a2enmod proxy proxy_http
ProxyPass "/ws" "http://127.0.0.1:8080/ws" upgrade=websocket`,
    Caddy: `reverse_proxy /ws 127.0.0.1:8080`,
    HAProxy: `# mode http passes upgrades on; remove "option httpclose" and "http-request del-header Upgrade"
backend ws
    mode http
    server app 127.0.0.1:8080`,
    Traefik: {
      en: 'Traefik passes upgrades on; remove a headers middleware that sets Connection or Upgrade.',
      zh: 'Traefik 默认转发升级请求；请去掉改写 Connection 或 Upgrade 的 headers 中间件。',
    },
    'AWS ALB': {
      en: 'An Application Load Balancer passes upgrades on; the target group must use HTTP1, not HTTP2 or gRPC. A Classic Load Balancer needs TCP listeners.',
      zh: 'ALB 默认转发升级请求；目标组的协议版本须为 HTTP1，不能是 HTTP2 或 gRPC。经典负载均衡器须用 TCP 监听器。',
    },
    Cloudflare: {
      en: 'Network → WebSockets: on.',
      zh: '在 Network 页面打开 WebSockets 开关。',
    },
    'Kubernetes ingress': `metadata:
  annotations:
    nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
    nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"`,
    Vite: `// vite.config.ts
server: { proxy: { '/ws': { target: 'ws://127.0.0.1:8080', ws: true } } }`,
    webpack: `// webpack.config.js
devServer: { proxy: [{ context: ['/ws'], target: 'http://127.0.0.1:8080', ws: true }] }`,
    Next: {
      en: 'Rewrites of Next do not pass upgrades on: run the WebSocket server on a port or path of its own, in front of Next.',
      zh: 'Next 的 rewrites 不转发升级请求：请让 WebSocket 服务器使用单独的端口，或放在 Next 之前。',
    },
  },
  idle: {
    nginx: `proxy_read_timeout 1h;
proxy_send_timeout 1h;`,
    Apache: `ProxyPass "/ws" "http://127.0.0.1:8080/ws" upgrade=websocket timeout=3600`,
    HAProxy: `timeout tunnel 1h`,
    'AWS ALB': 'idle_timeout.timeout_seconds = 3600',
    'Kubernetes ingress': `nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"`,
    Bothways: `createServer({ pingIntervalMs: 25_000 })`,
    ws: `setInterval(() => wss.clients.forEach(client => client.ping()), 25_000)`,
  },
  origin: {
    Bothways: `createServer({ origins: ['{origin}'] })`,
    ws: `new WebSocketServer({ server, verifyClient: ({ origin }) => origin === '{origin}' })`,
    'Socket.IO': `new Server(httpServer, { cors: { origin: '{origin}' } })`,
    Spring: `registry.addHandler(handler, "/ws").setAllowedOrigins("{origin}")`,
    'Django Channels': `AllowedHostsOriginValidator(app)  # ALLOWED_HOSTS = ["{originHost}"]`,
    Vite: `server: { allowedHosts: ['{originHost}'] }`,
    webpack: `devServer: { allowedHosts: ['{originHost}'] }`,
  },
  attach: {
    Express: `const server = http.createServer(app)       // not app.listen(), which makes another server
new WebSocketServer({ server, path: '/ws' })
server.listen(8080)`,
    Vite: `// vite.config.ts: the WebSocket server is another one, behind this
server: { proxy: { '/ws': { target: 'ws://127.0.0.1:8080', ws: true } } }`,
    webpack: `// webpack.config.js: the WebSocket server is another one, behind this
devServer: { proxy: [{ context: ['/ws'], target: 'http://127.0.0.1:8080', ws: true }] }`,
    ws: `new WebSocketServer({ server, path: '/ws' })  // the URL's path must be the same`,
    Bothways: `const server = createServer()
server.route('/ws', { message(socket, message) { socket.send(message) } })
server.attach(httpServer)`,
    Next: {
      en: 'A route of Next cannot take an upgrade: use a custom server, and leave its paths /_next/webpack-hmr alone.',
      zh: 'Next 的路由不能处理升级请求：请使用自定义服务器，并且不要占用 /_next/webpack-hmr。',
    },
    Spring: `registry.addHandler(handler, "/ws")  // and permit "/ws" in the security chain and interceptors`,
    'Django Channels': `application = ProtocolTypeRouter({"websocket": URLRouter([path("ws", Consumer.as_asgi())])})`,
    nginx: `location /ws { proxy_pass http://127.0.0.1:8080; proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }`,
  },
  backend: {
    nginx: `proxy_pass http://127.0.0.1:8080;   # the port of the application; http, not https or a wrong name`,
    Apache: `ProxyPass "/ws" "http://127.0.0.1:8080/ws" upgrade=websocket`,
    Caddy: `reverse_proxy 127.0.0.1:8080`,
    HAProxy: `server app 127.0.0.1:8080 check`,
    'Kubernetes ingress': `kubectl get endpoints   # the service must have addresses, and targetPort be the container's`,
  },
  sticky: {
    nginx: `upstream app { ip_hash; server 127.0.0.1:8081; server 127.0.0.1:8082; }`,
    HAProxy: `cookie io prefix indirect nocache`,
    'Socket.IO': `io({ transports: ['websocket'] })   // on the client: no polling, so no session to find again`,
  },
  certificate: {
    nginx: `ssl_certificate /etc/ssl/fullchain.pem;   # the certificate and the intermediate ones, not cert.pem`,
    Apache: `SSLCertificateFile /etc/ssl/fullchain.pem`,
    HAProxy: `bind :443 ssl crt /etc/ssl/site.pem   # certificate, intermediates and key in one file`,
  },
  size: {
    ws: `new WebSocketServer({ maxPayload: 16 * 1024 * 1024 })`,
    'Socket.IO': `new Server(httpServer, { maxHttpBufferSize: 16e6 })`,
    Bothways: `createServer({ maxMessageBytes: 16 * 1024 * 1024 })`,
    Spring: `container.setMaxTextMessageBufferSize(16 * 1024 * 1024)`,
  },
  http2: {
    Bothways: `server.listen({ port: 443, tls, http2: true })`,
    nginx: `http2 off;   # for this server block, when its backend takes HTTP/1.1 upgrades only`,
    HAProxy: `bind :443 ssl crt site.pem alpn http/1.1`,
    Express: `http2.createSecureServer({ allowHTTP1: true, key, cert }, app)`,
  },
}

/**
 * The lines about a topic, each under its product's name.
 *
 * @param recognised who was seen on the way; nobody: all that have lines
 */
export function linesFor(topic: Topic, language: Language, recognised: readonly Product[]): string {
  const all = Object.entries(lines[topic]) as [Product, string | { en: string; zh: string }][]
  const known = all.filter(([product]) => recognised.includes(product))
  return (known.length > 0 ? known : all)
    .map(([product, text]) => `${product}:\n${indent(typeof text === 'string' ? text : text[language])}`)
    .join('\n')
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ')
}
