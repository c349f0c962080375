import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { utf8 } from '@bothways/test-support/bytes'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readHeaderLines, readRequestHead } from './request-head.ts'

const handshake =
  'GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection:  Upgrade \r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Empty:\r\n\r\n'

function read(text: string) {
  const head = readRequestHead(Buffer.from(text, 'latin1'))
  const headers = head && readHeaderLines(head.headerLines)
  return head && headers && { target: head.target, headers, byteLength: head.byteLength }
}

describe('readRequestHead', () => {
  test('reads an opening handshake, and where it ends', () => {
    expect(read(`${handshake}more`)).toEqual({
      target: '/chat?room=1',
      byteLength: handshake.length,
      headers: {
        host: 'example.com',
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
        'x-empty': '',
      },
    })
  })

  test.each([
    ['nothing', ''],
    ['the beginning of a head', handshake.slice(0, -1)],
    ['another method', handshake.replace('GET', 'PUT')],
    ['absolute form', handshake.replace('/chat', 'http://example.com/chat')],
    ['HTTP/1.0', handshake.replace('HTTP/1.1', 'HTTP/1.0')],
    ['two spaces', handshake.replace('GET /', 'GET  /')],
    ['a target that is not ASCII', handshake.replace('/chat', '/chät')],
    ['a name with a space', handshake.replace('Host:', 'Host :')],
    ['no name', handshake.replace('Host:', ':')],
    ['a folded line', handshake.replace('Upgrade:', ' Upgrade:')],
    ['a line without a colon', handshake.replace('Host: example.com', 'Host')],
    ['a value that is not ASCII', handshake.replace('example', 'exämple')],
    ['a control character', handshake.replace('example', 'exam\0ple')],
    ['a lone line feed', handshake.replace('Host: example.com\r\n', 'Host: example.com\n')],
    ['a lone carriage return', handshake.replace('Host: example.com\r\n', 'Host: example.com\r')],
    ['a name twice', handshake.replace('X-Empty', 'host')],
    ['a body', handshake.replace('X-Empty:', 'Content-Length: 1')],
    ['a body in chunks', handshake.replace('X-Empty:', 'Transfer-Encoding: chunked')],
    ['a name that objects have', handshake.replace('X-Empty', '__proto__')],
    ['more than 16 KiB', handshake.replace('X-Empty:', `X-Long: ${'x'.repeat(16 * 1024)}`)],
  ])('leaves %s to a complete parser', (_, text) => {
    expect(read(text)).toBeUndefined()
  })
})

describe('Beside the parser of node:http', () => {
  let port = 0
  let onRequest: (request: IncomingMessage) => void = () => {}
  // Whether a Host must be there is the handshake's to say.
  const server = createServer({ requireHostHeader: false })
  const answer = (request: IncomingMessage): void => {
    onRequest(request)
    request.socket.destroy()
  }
  server.on('request', answer)
  server.on('upgrade', answer)
  server.on('clientError', (_error, socket) => socket.destroy())
  beforeAll(async () => {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  afterAll(() => new Promise(resolve => server.close(resolve)))

  /** The request that node:http reads from the same bytes; undefined when it refuses them. */
  function readByNode(text: string): Promise<IncomingMessage | undefined> {
    return new Promise(resolve => {
      let found: IncomingMessage | undefined
      onRequest = request => {
        found = request
      }
      const socket = connect(port, '127.0.0.1', () => socket.end(text, 'latin1'))
      socket.on('error', () => {})
      socket.resume()
      socket.on('close', () => resolve(found))
    })
  }

  test('every request that is read here means the same there', async () => {
    const pieces = fc.constantFrom(
      ':',
      ' ',
      '\t',
      '\r\n',
      'Host',
      'host',
      '__proto__',
      '\0',
      'é',
      'GET',
      '%',
      '"',
      'x',
      ',',
    )
    const change = fc.tuple(fc.nat({ max: handshake.length }), fc.nat({ max: 2 }), pieces)
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), async changes => {
        let text = handshake
        for (const [at, cut, piece] of changes) text = text.slice(0, at) + piece + text.slice(at + cut)
        const ours = read(text)
        if (ours === undefined) return
        const theirs = await readByNode(text)
        expect({ url: theirs?.url, headers: theirs?.headers }).toEqual({
          url: ours.target,
          headers: ours.headers,
        })
      }),
      { numRuns: 400 },
    )
  })

  test('and the plain handshake is read by both', async () => {
    expect((await readByNode(handshake))?.headers).toEqual(read(handshake)?.headers)
    expect(utf8(handshake)).toHaveLength(read(handshake)?.byteLength ?? 0)
  })
})
