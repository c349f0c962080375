import { once } from 'node:events'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { launchChromium } from '@bothways/test-support/chromium'
import { launchFirefox } from '@bothways/test-support/firefox'
import { WebSocketServer } from '@bothways/ws'
import { createServer } from 'bothways'
import { expect, test } from 'vitest'

interface Echoes {
  readonly url: string
  readonly count: number
}

/** Runs in the page: opens so many WebSockets, and tells what each has got for a message of its own. */
async function echoes({ url, count }: Echoes): Promise<unknown[]> {
  const echo = (at: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url)
      socket.onopen = () => socket.send(`to ${at}`)
      socket.onmessage = event => resolve(event.data)
      socket.onerror = () => reject(new Error(`WebSocket ${at} failed`))
    })
  return Promise.all(Array.from({ length: count }, (_, at) => echo(at)))
}

interface Browser {
  /** Goes to a page, and runs {@link echoes} there. */
  echo(page: string, asked: Echoes): Promise<unknown[]>
  close(): Promise<void>
}

const browsers: Record<string, () => Promise<Browser>> = {
  async Chromium() {
    const chromium = await launchChromium({ args: ['--ignore-certificate-errors'] })
    return {
      async echo(url, asked) {
        const page = await chromium.context.newPage()
        await page.goto(url)
        return page.evaluate(echoes, asked)
      },
      close: () => chromium.close(),
    }
  },
  async Firefox() {
    const firefox = await launchFirefox()
    return {
      async echo(url, asked) {
        const page = await firefox.newPage()
        await page.goto(url)
        return page.evaluate(echoes, asked)
      },
      close: () => firefox.close(),
    }
  },
}

/** An HTTP/2 server with a page, and the sessions and upgrades that have come to it. */
function createPage({ cert, key }: Certificate): {
  http: Http2SecureServer
  sessions: ServerHttp2Session[]
  upgrades: unknown[]
} {
  const settings = { enableConnectProtocol: true }
  const http = createSecureServer({ cert, key, allowHTTP1: true, settings }, (_, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><title>page</title>')
  })
  const sessions: ServerHttp2Session[] = []
  const upgrades: unknown[] = []
  http.on('session', session => sessions.push(session))
  http.on('upgrade', request => upgrades.push(request.url))
  return { http, sessions, upgrades }
}

test.each(Object.entries(browsers))(
  '%s opens 20 WebSockets on the TCP connection that the page came on, also of the drop-in for ws',
  async (_, launch) => {
    const certificate = await makeCertificate()
    const own = createPage(certificate)
    const server = createServer().route('/echo', {
      message: (socket, message) => void socket.send(message),
    })
    server.attach(own.http)
    const ofDropIn = createPage(certificate)
    const wss = new WebSocketServer({ server: ofDropIn.http })
    const dropInPorts: (number | undefined)[] = []
    wss.on('connection', (socket, { socket: { remotePort } }) => {
      dropInPorts.push(remotePort)
      socket.on('message', data => socket.send(String(data)))
    })
    const browser = await launch()
    try {
      for (const [{ http, sessions, upgrades }, ports] of [
        [own, () => Array.from(server.sockets, it => it.remotePort)],
        [ofDropIn, () => dropInPorts],
      ] as const) {
        http.listen(0, '127.0.0.1')
        await once(http, 'listening')
        const authority = `127.0.0.1:${(http.address() as AddressInfo).port}`
        const asked = { url: `wss://${authority}/echo`, count: 20 }
        const received = await browser.echo(`https://${authority}/`, asked)
        expect(received).toEqual(Array.from({ length: 20 }, (_, at) => `to ${at}`))
        expect(ports()).toHaveLength(20)
        const [port] = ports()
        expect(new Set(ports())).toEqual(new Set([port]))
        expect(sessions.filter(it => !it.destroyed).map(it => it.socket.remotePort)).toContain(port)
        expect(upgrades).toEqual([])
      }
    } finally {
      await browser.close()
      await server.close()
      for (const { http, sessions } of [own, ofDropIn]) {
        for (const session of sessions) session.destroy()
        http.close()
      }
    }
  },
)
