import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { echoUrl, launch, stopCommands } from '@bothways/test-support/command'
import { WebSocket } from 'bothways'
import { afterEach, expect, test } from 'vitest'

afterEach(stopCommands)

function request(url: string, ...headers: readonly string[]): Socket {
  const { host, hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const lines = [
    'GET /any HTTP/1.1',
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...headers,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return socket
}

async function answerTo(url: string, ...headers: readonly string[]): Promise<string> {
  const socket = request(url, ...headers)
  const [chunk] = await once(socket, 'data')
  socket.destroy()
  return String(chunk)
}

test('bothways echo agrees to every parameter that permessage-deflate has, and to any origin', async () => {
  const url = await echoUrl()
  const offers = [
    'permessage-deflate',
    'permessage-deflate; client_no_context_takeover',
    'permessage-deflate; server_no_context_takeover',
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=9',
    'permessage-deflate; server_max_window_bits=9',
    'permessage-deflate; server_max_window_bits=15; client_max_window_bits=15; server_no_context_takeover; client_no_context_takeover',
    'unknown-extension, permessage-deflate; unknown=1, permessage-deflate',
  ]
  for (const offer of offers) {
    const answer = await answerTo(url, `Sec-WebSocket-Extensions: ${offer}`, 'Origin: https://example.com')
    expect(answer).toMatch(/^HTTP\/1\.1 101 /)
    expect(answer).toMatch(/\r\nsec-websocket-extensions: permessage-deflate/i)
    for (const [parameter] of offer.matchAll(
      /(server|client)_no_context_takeover|server_max_window_bits=\d+/g,
    )) {
      expect(answer).toContain(parameter)
    }
  }
})

test('A client of bothways echo that sends without reading is made to wait, loses nothing, and is served later', async () => {
  const url = await echoUrl('--no-compression')
  const socket = request(url)
  await once(socket, 'data')
  socket.pause()
  // Binary messages of 64 KiB, masked with zeros.
  const payloadBytes = 65_535
  const frame = Buffer.alloc(8 + payloadBytes)
  frame.set([0x82, 0xfe, 0xff, 0xff])
  const count = 1_600
  let sentCount = 0
  const isSending = (): boolean => sentCount < count
  /** Writes until the server takes no more, or everything is written. */
  async function send(): Promise<void> {
    while (isSending()) {
      sentCount++
      if (!socket.write(frame)) await once(socket, 'drain')
    }
  }
  const sent = send()
  // A second connection is served meanwhile.
  const other = new WebSocket(url)
  await once(other, 'open')
  other.send('still there')
  const [{ data }] = await once(other, 'message')
  expect(data).toBe('still there')
  other.close()

  let received = 0
  socket.on('data', chunk => {
    received += chunk.length
  })
  socket.resume()
  await sent
  const expected = count * (4 + payloadBytes)
  while (received < expected) await once(socket, 'data')
  expect(received).toBe(expected)
  socket.destroy()
})

test('bothways echo ends with 0 although a client neither reads nor leaves', async () => {
  const { child, outcome } = launch(['echo', '--port', '0'])
  const [line] = await once(child.stdout, 'data')
  const socket = request(/ws:\S+/.exec(String(line))?.[0] ?? '')
  socket.on('error', () => {})
  await once(socket, 'data')
  socket.pause()
  const frame = Buffer.alloc(8 + 65_535)
  frame.set([0x82, 0xfe, 0xff, 0xff])
  for (let count = 0; count < 400; count++) socket.write(frame)
  child.kill('SIGTERM')
  expect(await outcome).toMatchObject({ code: 0, errors: '' })
  socket.destroy()
})

test('bothways echo --verbose shows on standard error who connects, what comes, and how it ends', async () => {
  const { child, outcome } = launch(['echo', '--port', '0', '--verbose'])
  const [line] = await once(child.stdout, 'data')
  const url = /listening on (\S+)/.exec(String(line))?.[1] ?? ''
  let log = ''
  const over = new Promise<void>(resolve => {
    child.stderr.on('data', chunk => {
      log += chunk
      if (log.includes('closed')) resolve()
    })
  })
  const client = new WebSocket(`${url}chat`, 'v1')
  await new Promise(resolve => client.addEventListener('open', resolve))
  client.send('he\u001bllo')
  client.send(Uint8Array.of(1, 2))
  client.close(1000, 'bye')
  await over
  child.kill('SIGTERM')
  expect((await outcome).code).toBe(0)
  expect(log.replace(/\d\d:\d\d:\d\d /g, '').replace(/port \d+/, 'port N')).toBe(
    [
      '#1 ● 127.0.0.1 port N connected to /chat, subprotocol v1',
      '#1 ← text 6 B he\\x1bllo',
      '#1 ← binary 2 B',
      '#1 ● closed 1000 “bye”: normal: the other side is done\n',
    ].join('\n'),
  )
})
