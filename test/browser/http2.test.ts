import { once } from 'node:events'
import { createSecureServer, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { launchChromium } from '@bothways/test-support/chromium'
import { createServer } from 'bothways'
import { expect, test } from 'vitest'

/** Runs in the page: opens so many WebSockets, and tells what each has got for a message of its own. */
async function echoes({ url, count }: { url: string; count: number }): Promise<unknown[]> {
  const echo = (at: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url)
      socket.onopen = () => socket.send(`to ${at}`)
      socket.onmessage = event => resolve(event.data)
      socket.onerror = () => reject(new Error(`WebSocket ${at} failed`))
    })
  return Promise.all(Array.from({ length: count }, (_, at) => echo(at)))
}

test('Chromium opens 20 WebSockets on the TCP connection that the page came on', async () => {
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
  const chromium = await launchChromium({ args: ['--ignore-certificate-errors'] })
  try {
    const page = await chromium.context.newPage()
    const authority = `127.0.0.1:${(http.address() as AddressInfo).port}`
    await page.goto(`https://${authority}/`)
    const received = await page.evaluate(echoes, { url: `wss://${authority}/echo`, count: 20 })
    expect(received).toEqual(Array.from({ length: 20 }, (_, at) => `to ${at}`))
    expect(server.sockets.size).toBe(20)
    const ports = [...server.sockets].map(it => it.remotePort)
    expect(new Set(ports).size).toBe(1)
    expect(sessions.filter(it => !it.destroyed).map(it => it.socket.remotePort)).toContain(ports[0])
    expect(upgradeCount).toBe(0)
  } finally {
    await chromium.close()
    await server.close()
    for (const session of sessions) session.destroy()
    http.close()
  }
})
