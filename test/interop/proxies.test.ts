import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCaddy } from '@bothways/test-support/caddy'
import { startHaproxy } from '@bothways/test-support/haproxy'
import { messagesOf } from '@bothways/test-support/messages'
import type { ProxyProcess } from '@bothways/test-support/proxy'
import { createServer, type Server, WebSocket } from 'bothways'
import { afterAll, beforeAll, expect, test } from 'vitest'

const guide = readFileSync(join(import.meta.dirname, '../../docs/how-to/behind-other-proxies.md'), 'utf8')
const linesOf = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(guide)?.[1] ?? ''

let server: Server
let backend: number

beforeAll(async () => {
  server = createServer({ trustedProxies: ['127.0.0.1'] })
  server.route('/', {
    open: socket => socket.send(`${socket.request.url.protocol} ${socket.remoteAddress}`),
    message: (socket, message) => socket.send(message),
  })
  backend = (await server.listen()).port
})
afterAll(() => server.close({ timeoutMs: 500 }))

const proxies: Record<string, () => Promise<ProxyProcess>> = {
  Caddy: () => {
    const site = /\{\n(.*)\}/s.exec(linesOf('caddy'))?.[1] ?? ''
    expect(site).toContain('127.0.0.1:8080')
    return startCaddy(site.replace('8080', String(backend)))
  },
  HAProxy: () => {
    const sections = linesOf('haproxy')
    expect(sections).toContain('bind :80\n')
    return startHaproxy(port =>
      sections
        .replace('bind :80\n', `bind 127.0.0.1:${port}\n`)
        .replace('127.0.0.1:8080', `127.0.0.1:${backend}`),
    )
  },
}

test.each(Object.entries(proxies))(
  'Behind %s, set up as the guide says, a page of the same origin connects, and the server knows the client',
  async (_, start) => {
    const proxy = await start()
    try {
      const host = `127.0.0.1:${proxy.port}`
      const socket = new WebSocket(`ws://${host}/`, [], { origin: `http://${host}` })
      const next = messagesOf(socket)
      expect(await next()).toBe('ws: 127.0.0.1')
      socket.send('文'.repeat(100_000))
      expect(await next()).toBe('文'.repeat(100_000))
      socket.close(4000, 'bye')
      expect((await once(socket, 'close'))[0]).toMatchObject({ code: 4000, wasClean: true })
    } finally {
      await proxy.stop()
    }
  },
)
