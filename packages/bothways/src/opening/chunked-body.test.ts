import { once } from 'node:events'
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { serveInTurn } from './requests-in-turn.ts'

const running: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of running.splice(0).toReversed()) await stop()
})

async function serve(listener: RequestListener): Promise<HttpServer> {
  const server = createServer()
  serveInTurn(server, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  running.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'

/** `count` chunks of `length` bytes. */
const chunks = (count: number, length: number): string =>
  `${length.toString(16)}\r\n${'a'.repeat(length)}\r\n`.repeat(count)

async function post(server: HttpServer, body: string): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  let text = ''
  socket.setEncoding('latin1').on('data', piece => {
    text += piece
  })
  await once(socket, 'connect')
  running.push(() => socket.destroy())
  socket.write(head + body)
  return { socket, received: () => text }
}

/** A server that closes before it has read all resets the connection (RFC 9112 §9.6): whether it does is a matter of timing. */
const closed = (socket: Socket): Promise<void> => new Promise(resolve => socket.on('close', () => resolve()))

/** Answers with the length of the body, and counts its chunks. */
function counting() {
  const counts = { chunks: 0, bytes: 0, aborted: 0 }
  const listener: RequestListener = (request, response) => {
    request.on('data', (piece: Buffer) => {
      counts.chunks++
      counts.bytes += piece.length
    })
    request.on('end', () => response.end(`<${counts.bytes}>`))
    request.on('aborted', () => counts.aborted++)
  }
  return { counts, listener }
}

test('A body of very many chunks of a byte is no request, and is not read to its end', async () => {
  const { counts, listener } = counting()
  const server = await serve(listener)
  const { socket, received } = await post(server, chunks(50_000, 1))
  await closed(socket)
  expect(counts.chunks).toBeLessThan(1_100)
  expect(counts.aborted).toBe(1)
  expect(received()).not.toContain('<')
})

test('The server is told of it as of any request that breaks HTTP, and can answer', async () => {
  const server = await serve(counting().listener)
  server.on('clientError', (error, socket) => socket.end(`HTTP/1.1 400 Bad Request\r\n\r\n${error.message}`))
  const { received } = await post(server, chunks(1_100, 1))
  await expect.poll(received).toContain('A body came in 1041 chunks of 1041 bytes together.')
})

test('A body of such chunks that nobody wants is not read to its end either', async () => {
  const server = await serve((_request, response) => void response.end('not wanted'))
  const { socket } = await post(server, chunks(50_000, 1))
  await closed(socket)
})

test('A body that nobody wants does not keep the client from its answer, nor from the next one', async () => {
  let count = 0
  const server = await serve((_request, response) => void response.end(`answer ${++count}.`))
  const { socket, received } = await post(server, `${chunks(100, 1000)}0\r\n\r\n`)
  socket.write(`${head}${chunks(3, 1)}0\r\n\r\n`)
  await expect.poll(received).toContain('answer 2.')
})

test('A thousand chunks may be as short as they like', async () => {
  const server = await serve(counting().listener)
  const { received } = await post(server, `${chunks(1_000, 1)}0\r\n\r\n`)
  await expect.poll(received).toContain('<1000>')
})

test('A client that has used up its share of a turn is read in a later one, and loses nothing', async () => {
  const { counts, listener } = counting()
  let inTurn = 0
  let most = 0
  const server = await serve((request, response) => {
    listener(request, response)
    request.on('data', () => {
      most = Math.max(most, ++inTurn)
      // Two ms for the first of each turn: its share is used up.
      if (inTurn > 1) return
      setImmediate(() => {
        inTurn = 0
      })
      for (const begun = performance.now(); performance.now() - begun < 2; );
    })
  })
  const { received } = await post(server, `${chunks(20_000, 64)}0\r\n\r\n`)
  await expect.poll(received).toContain(`<${20_000 * 64}>`)
  // A few have come in two reads.
  expect(counts.chunks).toBeGreaterThanOrEqual(20_000)
  // Of one read, 64 KiB, and what the last one has left.
  expect(most).toBeLessThan(2_100)
})
