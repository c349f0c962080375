import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { makeCertificate } from '@bothways/test-support/certificate'
import { requestWith } from '@bothways/test-support/ws-differential'
import { afterEach, describe, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from './index.ts'

const certificate = makeCertificate()

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A server's socket, the bare client behind its handshake, and that client's TCP connection. */
async function open(scheme: 'ws' | 'wss'): Promise<{ server: WebSocket; peer: Socket; tcp: Socket }> {
  const http = scheme === 'wss' ? createHttpsServer(await certificate) : createHttpServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const wss = new WebSocketServer({ server: http })
  const connected = once(wss, 'connection')
  const tcp = connect((http.address() as AddressInfo).port, '127.0.0.1')
  const peer = scheme === 'wss' ? connectTls({ socket: tcp, rejectUnauthorized: false }) : tcp
  for (const stream of [peer, tcp]) stream.on('error', () => {})
  peer.write(requestWith())
  const [[server]] = (await Promise.all([connected, once(peer, 'data')])) as [[WebSocket], unknown]
  server.on('error', () => {})
  ends.push(() => {
    server.terminate()
    tcp.destroy()
    http.close()
  })
  return { server, peer: peer as TLSSocket, tcp }
}

const aTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

for (const scheme of ['ws', 'wss'] as const) {
  describe(`Over ${scheme}`, () => {
    test('what was sent in the turn of terminate() went out, and nobody is told otherwise', async () => {
      const { server, peer } = await open(scheme)
      const errors: unknown[] = []
      let bytes = 0
      peer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      const over = Promise.all([once(server, 'close'), once(peer, 'close')])
      for (const text of ['first', 'second', 'third']) server.send(text, error => void errors.push(error))
      server.terminate()
      await over
      expect(errors).toEqual([undefined, undefined, undefined])
      expect(bytes).toBe(3 * 2 + 'firstsecondthird'.length)
    })

    const cuts: Record<string, (server: WebSocket, tcp: Socket) => unknown> = {
      'terminate()': server => server.terminate(),
      'a reset': (_, tcp) => tcp.resetAndDestroy(),
    }
    describe.each(Object.entries(cuts))('to a peer that does not read, then %s', (_, cut) => {
      test.each([
        [400, 60_000],
        [60_000, 300],
      ])(
        '%i messages of %i bytes: an error only for what was not taken, and before close',
        async (count, bytes) => {
          const { server, peer, tcp } = await open(scheme)
          peer.pause()
          const called: { at: number; isTaken: boolean; state: number }[] = []
          for (let at = 0; at < count; at++) {
            server.send(Buffer.alloc(bytes), error => {
              called.push({ at, isTaken: !error, state: server.readyState })
            })
          }
          while (called.length === 0) await aTurn()
          const closed = new Promise<number>(resolve => server.on('close', () => resolve(called.length)))
          cut(server, tcp)
          expect(await closed).toBe(count)
          expect(called.every(({ at }, index) => at === index)).toBe(true)
          const failed = called.filter(it => !it.isTaken)
          expect(failed.length).toBeGreaterThan(0)
          expect(failed.length).toBeLessThan(count)
          expect(called.slice(-failed.length)).toEqual(failed)
          expect(new Set(failed.map(it => it.state))).toEqual(new Set([server.CLOSING]))
        },
      )
    })

    test('to a peer that reads late: everybody is called once, in order, and nothing is left', async () => {
      const { server, peer } = await open(scheme)
      peer.pause()
      const called: number[] = []
      const sizes = [10, 20_000, 0, 300, 70_000, 16_384, 125]
      let sent = 0
      const all = new Promise<void>(resolve => {
        for (let at = 0; at < 700; at++) {
          const bytes = sizes[at % sizes.length]!
          sent += bytes
          server.send(Buffer.alloc(bytes), error => {
            expect(error).toBeUndefined()
            if (called.push(at) === 700) resolve()
          })
        }
      })
      while (called.length === 0) await aTurn()
      expect(called.length).toBeLessThan(700)
      expect(server.bufferedAmount).toBeGreaterThan(0)
      let received = 0
      peer.on('data', (chunk: Buffer) => {
        received += chunk.length
      })
      peer.resume()
      await all
      expect(called).toEqual(Array.from({ length: 700 }, (_, at) => at))
      expect(server.bufferedAmount).toBe(0)
      while (received < sent) await once(peer, 'data')
    })
  })
}
