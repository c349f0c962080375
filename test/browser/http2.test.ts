import { once } from 'node:events'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { launchChromium } from '@bothways/test-support/chromium'
import { launchFirefox } from '@bothways/test-support/firefox'
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

test.each(Object.entries(browsers))(
  '%s opens 20 WebSockets on the TCP connection that the page came on',
  async (_, launch) => {
    const { cert, key } = await makeCertificate()
    const sessions: ServerHttp2Session[] = []
    const http = createSecureServer({ cert, key, allowHTTP1: true }, (_, response) => {
      response.setHeader('Content-Type', 'text/html')
      response.end('<!doctype html><title>page</title>')
    })
    http.on('session', session => sessions.push(session))
    let upgradeCount = 0
    http.on('upgrade', () => upgradeCount++)
    const server = createServer().route('/echo', {
      message: (socket, message) => void socket.send(message),
    })
    server.attach(http)
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const browser = await launch()
    try {
      const authority = `127.0.0.1:${(http.address() as AddressInfo).port}`
      const asked = { url: `wss://${authority}/echo`, count: 20 }
      const received = await browser.echo(`https://${authority}/`, asked)
      expect(received).toEqual(Array.from({ length: 20 }, (_, at) => `to ${at}`))
      expect(server.sockets.size).toBe(20)
      const ports = [...server.sockets].map(it => it.remotePort)
      expect(new Set(ports).size).toBe(1)
      expect(sessions.filter(it => !it.destroyed).map(it => it.socket.remotePort)).toContain(ports[0])
      expect(upgradeCount).toBe(0)
    } finally {
      await browser.close()
      await server.close()
      for (const session of sessions) session.destroy()
      http.close()
    }
  },
)
