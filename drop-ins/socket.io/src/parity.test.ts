import { EventEmitter, once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { attachOriginalEngine } from '@bothways/test-support/engine-stage'
import { socketIoWays } from '@bothways/test-support/socket-io-clients'
import { Server as Original } from 'socket.io'
import { type Socket as ClientSocket, io as connectClient } from 'socket.io-client'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Server, type Socket } from './index.ts'
import type { Packet } from './parser/packet.ts'

// Uses of npm's socket.io that programs make and its documentation does not describe, on both.

type AnyServer = Server

const makers = {
  npm: (http: HttpServer, options: object): AnyServer =>
    new Original(http, { wsEngine: WebSocketServer, ...options } as never) as never,
  ours: (http: HttpServer, options: object): AnyServer => new Server(http, options),
}

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function listening(make: (http: HttpServer) => AnyServer): Promise<{ io: AnyServer; url: string }> {
  const http = createServer()
  const io = make(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanups.push(
    () => io.close(),
    () => http.closeAllConnections(),
  )
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` }
}

function client(url: string, options: object = {}): ClientSocket {
  const socket = connectClient(url, { forceNew: true, ...options })
  cleanups.push(() => socket.disconnect())
  return socket
}

function next(client: ClientSocket, event: string): Promise<unknown[]> {
  return new Promise(resolve => client.once(event, (...args: unknown[]) => resolve(args)))
}

/** As npm's `socketio-wildcard` does it: each event is also the event `*`. */
function wildcard(socket: Socket, done: () => void): void {
  const { emit } = EventEmitter.prototype
  Reflect.set(socket, 'onevent', function onevent(this: Socket, packet: Packet): void {
    const args = (packet.data ?? []) as [string, ...unknown[]]
    if (packet.id != null) args.push(Reflect.apply(Reflect.get(this, 'ack'), this, [packet.id]))
    emit.call(this, '*', packet)
    emit.apply(this, args)
  })
  done()
}

describe.each(Object.entries(makers))('%s', (name, make) => {
  test('A client that offers subprotocols gets the first of them', async () => {
    const { url } = await listening(http => make(http, {}))
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, [
      'chat.v2',
      'chat.v1',
    ])
    cleanups.push(() => socket.terminate())
    await once(socket, 'open')
    expect(socket.protocol).toBe('chat.v2')
    const one = client(url, { transports: ['websocket'], protocols: ['a', 'b'] })
    await next(one, 'connect')
  })

  test('An add-on replaces onevent, and acknowledges', async () => {
    const { io, url } = await listening(http => make(http, {}))
    io.use(wildcard)
    const heard: unknown[] = []
    io.on('connection', socket => {
      socket.on('*', ({ data }: Packet) => heard.push(data.slice(0, 2)))
      socket.on('question', (text, answer) => answer(text.toUpperCase()))
    })
    const one = client(url)
    expect(await one.emitWithAck('question', 'why')).toBe('WHY')
    one.emit('other', 7)
    await one.emitWithAck('question', 'when')
    expect(heard).toEqual([
      ['question', 'why'],
      ['other', 7],
      ['question', 'when'],
    ])
  })

  test('A file of the client varies by its origin and by its coding', async () => {
    const { url } = await listening(http => make(http, { cors: { origin: ['https://a.example'] } }))
    const { headers } = await fetch(`${url}/socket.io/socket.io.js`, {
      headers: { Origin: 'https://a.example', 'Accept-Encoding': 'gzip', Connection: 'close' },
    })
    expect(headers.get('vary')?.split(', ')).toContain('Origin')
    // npm's forgets that it also has other codings of it.
    if (name === 'ours') expect(headers.get('vary')?.split(', ')).toContain('Accept-Encoding')
    expect(headers.get('access-control-allow-origin')).toBe('https://a.example')
  })

  test('Closing does not wait for the rest of a body', async () => {
    const { io, url } = await listening(http => make(http, {}))
    const opened = await fetch(`${url}/socket.io/?EIO=4&transport=polling`, {
      headers: { Connection: 'close' },
    })
    const { sid } = JSON.parse((await opened.text()).slice(1))
    const socket = connectTcp(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {}).resume()
    const received = new Promise(resolve => {
      io.httpServer.once('request', request => request.once('data', resolve))
    })
    socket.write(
      `POST /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n40`,
    )
    await received
    await io.close()
    socket.destroy()
  })

  test.each(Object.entries(socketIoWays))('An engine of npm is bound: %s', async (_way, options) => {
    const { io, url } = await listening(http => {
      const io = make(http, {})
      http.removeAllListeners('request')
      http.removeAllListeners('upgrade')
      return io.bind(attachOriginalEngine(http, { path: '/socket.io' }))
    })
    io.on('connection', socket => {
      void socket.join('room')
      socket.on('question', (text, answer) => answer(text, Buffer.from([1])))
      socket.on('all', () => io.to('room').emit('told', Buffer.from([2]), 'x'))
    })
    const one = client(url, options)
    await next(one, 'connect')
    expect(await one.emitWithAck('question', 'a')).toBe('a')
    one.emit('all')
    expect(await next(one, 'told')).toEqual([Buffer.from([2]), 'x'])
    const gone = new Promise(resolve => io.sockets.sockets.get(String(one.id))!.on('disconnect', resolve))
    one.disconnect()
    expect(await gone).toBe('client namespace disconnect')
  })
})

test('client-dist has the files of npm socket.io', () => {
  const require = createRequire(import.meta.url)
  const names = (path: string): string[] =>
    require('node:fs')
      .readdirSync(path)
      .filter((it: string) => it !== 'LICENSE')
  const ours = new URL('../client-dist', import.meta.url)
  expect(names(ours as never)).toEqual(
    names(require.resolve('socket.io/package.json').replace('package.json', 'client-dist')),
  )
})
