import { get, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSwitchingHead } from './switching-head.ts'

const answer =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection:  Upgrade \r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Empty:\r\n\r\n'

const read = (text: string) => readSwitchingHead(Buffer.from(text, 'latin1'))

describe('readSwitchingHead', () => {
  test('reads an answer that switches protocols, and where it ends', () => {
    expect(read(`${answer}more`)).toEqual({
      status: 101,
      byteLength: answer.length,
      headers: {
        upgrade: 'websocket',
        connection: 'Upgrade',
        'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'x-empty': '',
      },
    })
  })

  test.each([
    ['nothing', ''],
    ['the beginning of a head', answer.slice(0, -1)],
    ['another status', answer.replace('101', '200')],
    ['a longer status', answer.replace('101', '1010')],
    ['HTTP/1.0', answer.replace('HTTP/1.1', 'HTTP/1.0')],
    ['another protocol', answer.replace('HTTP/1.1', 'ICY')],
    ['two spaces', answer.replace(' 101', '  101')],
    ['a reason that is not ASCII', answer.replace('Switching', 'Wéchsel')],
    ['a line feed before the head', `\n${answer}`],
    ['a name with a space', answer.replace('Upgrade:', 'Upgrade :')],
    ['a folded line', answer.replace('Connection:', ' Connection:')],
    ['a lone line feed', answer.replace('websocket\r\n', 'websocket\n')],
    ['a name twice', answer.replace('X-Empty', 'upgrade')],
    ['a body', answer.replace('X-Empty:', 'Content-Length: 1')],
    ['a body in chunks', answer.replace('X-Empty:', 'Transfer-Encoding: chunked')],
    ['a name that objects have', answer.replace('X-Empty', '__proto__')],
    ['more than 16 KiB', answer.replace('X-Empty:', `X-Long: ${'x'.repeat(16 * 1024)}`)],
  ])('leaves %s to a complete parser', (_, text) => {
    expect(read(text)).toBeUndefined()
  })
})

describe('Beside the parser of node:http', () => {
  let text = answer
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(text, 'latin1'))
  })
  beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise(resolve => server.close(resolve)))

  /** The answer that node:http makes of the same bytes; undefined when it refuses them. */
  function readByNode(): Promise<IncomingMessage | undefined> {
    return new Promise(resolve => {
      const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false })
      const take = (response: IncomingMessage): void => {
        request.destroy()
        resolve(response)
      }
      request.on('upgrade', (response, socket) => {
        socket.destroy()
        resolve(response)
      })
      request.on('response', take)
      request.on('error', () => resolve(undefined))
      request.on('close', () => resolve(undefined))
    })
  }

  test('every answer that is read here means the same there', async () => {
    const pieces = fc.constantFrom(
      ':',
      ' ',
      '\t',
      '\r\n',
      'Upgrade',
      '__proto__',
      '\0',
      'é',
      '101',
      '"',
      'x',
      ',',
    )
    const change = fc.tuple(fc.nat({ max: answer.length }), fc.nat({ max: 2 }), pieces)
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), async changes => {
        text = answer
        for (const [at, cut, piece] of changes) text = text.slice(0, at) + piece + text.slice(at + cut)
        const ours = read(text)
        if (ours === undefined) return
        const theirs = await readByNode()
        expect({ status: theirs?.statusCode, headers: theirs?.headers }).toEqual({
          status: ours.status,
          headers: ours.headers,
        })
      }),
      { numRuns: 200 },
    )
  })
})
