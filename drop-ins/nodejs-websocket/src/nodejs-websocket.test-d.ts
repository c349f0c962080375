import type { Readable, Writable } from 'node:stream'
import { expectTypeOf, test } from 'vitest'
import ws, { type Connection, connect, createServer, type Server } from './index.ts'

test('Events have their arguments', () => {
  createServer({ secure: true, key: '', cert: '', validProtocols: ['a'] }, connection => {
    expectTypeOf(connection).toEqualTypeOf<Connection>()
    connection.on('text', text => expectTypeOf(text).toEqualTypeOf<string>())
    connection.on('binary', stream => expectTypeOf(stream).toEqualTypeOf<Readable>())
    connection.on('close', (code, reason) => {
      expectTypeOf(code).toEqualTypeOf<number | undefined>()
      expectTypeOf(reason).toEqualTypeOf<string | undefined>()
    })
    connection.on('error', error => expectTypeOf(error).toEqualTypeOf<Error>())
    expectTypeOf(connection.beginBinary()).toExtend<Writable | undefined>()
    expectTypeOf(connection.server).toEqualTypeOf<Server | null>()
  }).on('connection', connection => expectTypeOf(connection).toEqualTypeOf<Connection>())
})

test('Options are those of the sockets, and its own', () => {
  connect('ws://localhost', { extraHeaders: { a: 'b' }, protocols: ['a'], localAddress: '127.0.0.1' })
  connect('wss://localhost', { rejectUnauthorized: false, servername: 'a' }, () => {})
  // @ts-expect-error A name that is none.
  connect('ws://localhost', { extraheaders: {} })
  expectTypeOf(ws.createServer).toEqualTypeOf<typeof createServer>()
})
