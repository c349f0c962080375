import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { Connection } from '../connection.ts'
import { resolveConnectionOptions } from '../options.ts'
import { SocketTransport } from './socket-transport.ts'
import { StreamTransport } from './stream-transport.ts'
import { takeTransport } from './take-transport.ts'
import { streamBinding } from './tcp-handle.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

async function connected(): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [socket] = (await once(server, 'connection')) as [Socket]
  server.close()
  sockets.push(socket, peer)
  return { socket, peer }
}

const onHandle = streamBinding === undefined ? StreamTransport : SocketTransport

test('A TCP socket is used by its handle where this runtime has one; "stream" prevents that', async () => {
  expect(takeTransport((await connected()).socket, 'auto')).toBeInstanceOf(onHandle)
  expect(takeTransport((await connected()).socket, 'stream')).toBeInstanceOf(StreamTransport)
  expect(takeTransport(new PassThrough(), 'auto')).toBeInstanceOf(StreamTransport)
})

test('What somebody else has written to the stream, and the stream has not sent, goes first', async () => {
  const { socket, peer } = await connected()
  const response = Buffer.alloc(16 * 1024 * 1024, 'response ')
  socket.write(response)
  socket.write('101 ')
  const transport = takeTransport(socket, 'auto')
  transport.write(Buffer.from('frame'), false)
  transport.end()
  const chunks: Buffer[] = []
  for await (const chunk of peer) chunks.push(chunk as Buffer)
  const received = Buffer.concat(chunks)
  expect(received.subarray(response.length).toString()).toBe('101 frame')
})

test.each([
  ['auto', 'before it starts'],
  ['auto', 'while it reads'],
  ['stream', 'while it reads'],
] as const)(
  'A stream (%s) that is shared %s has all data, in order, and still reaches the connection',
  async (kind, when) => {
    const { socket, peer } = await connected()
    const transport = takeTransport(socket, kind)
    const log: string[] = []
    let onChunk = (): void => {}
    if (when === 'before it starts') transport.shareStream()
    transport.start({
      onData: chunk => {
        log.push(`connection ${Buffer.from(chunk)}`)
        onChunk()
      },
      onBorrowedData: (memory, byteLength) => {
        log.push(`connection ${Buffer.from(memory.bytes.slice(0, byteLength))}`)
        onChunk()
      },
      onTaken: () => log.push('taken'),
      onEnd: () => log.push('end'),
      onDestroyed: error => log.push(`destroyed ${error}`),
    })
    const next = (text: string): Promise<void> => {
      peer.write(text)
      return new Promise(resolve => {
        onChunk = resolve
      })
    }
    await next('one')
    transport.write(Buffer.from('a'), false)
    transport.shareStream()
    transport.shareStream()
    socket.on('data', chunk => log.push(`stream ${chunk}`))
    socket.write('b')
    transport.write(Buffer.from('c'), false)
    transport.write(Buffer.from('d'), true)
    await next('two')
    transport.pause()
    expect(socket.isPaused()).toBe(true)
    peer.write('three')
    await new Promise(resolve => setImmediate(resolve))
    expect(log).toEqual(['connection one', 'connection two', 'stream two'])
    transport.resume()
    await new Promise<void>(resolve => {
      onChunk = resolve
    })
    transport.end()
    const chunks: Buffer[] = []
    for await (const chunk of peer) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).toString()).toBe('abcd')
    peer.end()
    await once(socket, 'close')
    expect(log.slice(3)).toEqual(['connection three', 'stream three', 'end', 'destroyed undefined'])
    expect(transport.queuedBytes).toBe(0)
  },
)

test.each(['auto', 'stream'] as const)(
  'A stream (%s) that is shared while it is paused reads on',
  async kind => {
    const { socket, peer } = await connected()
    const transport = takeTransport(socket, kind)
    let received = ''
    let isEnded = false
    transport.start({
      onData: chunk => {
        received += Buffer.from(chunk)
      },
      onBorrowedData: (memory, byteLength) => {
        received += Buffer.from(memory.bytes.slice(0, byteLength))
      },
      onTaken: () => {},
      onEnd: () => {
        isEnded = true
        transport.end()
      },
      onDestroyed: () => {},
    })
    transport.pause()
    transport.shareStream()
    const much = 'much '.repeat(100_000)
    peer.end(much)
    await new Promise(resolve => setImmediate(resolve))
    expect([received, isEnded]).toEqual(['', false])
    transport.resume()
    await once(socket, 'close')
    expect([received === much, isEnded]).toEqual([true, true])
  },
)

test.each(['auto', 'stream'] as const)(
  'A program that shares the stream (%s) writes behind what was sent before',
  async kind => {
    const { socket, peer } = await connected()
    const transport = takeTransport(socket, kind)
    const settings = resolveConnectionOptions({}, 'server')
    const connection = new Connection(
      { onMessage: () => {}, onClose: () => {} },
      { role: 'server', transport, settings },
    )
    connection.start()
    connection.send('first')
    connection.shareStream()
    socket.end('second')
    const chunks: Buffer[] = []
    for await (const chunk of peer) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).subarray(2).toString()).toBe('firstsecond')
  },
)
