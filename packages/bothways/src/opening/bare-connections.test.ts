import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChild } from '@bothways/test-support/child'
import { framesTo } from '@bothways/test-support/raw-frame'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { streamBinding } from '../connection/transports/tcp-handle.ts'
import { createServer, type Server } from '../server/server.ts'
import type { UpgradeRequest } from './upgrade-request.ts'

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const usual = [
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  `Sec-WebSocket-Key: ${key}`,
  'Sec-WebSocket-Version: 13',
]

const head = (lines: readonly string[], line = 'GET /echo HTTP/1.1', lineBreak = '\r\n'): string =>
  [line, ...lines, '', ''].join(lineBreak)
const without = (name: string): string[] => usual.filter(line => !line.startsWith(`${name}:`))
const plain = head(usual)
const goodbye = Buffer.from(framesTo('server', [['88 02', Uint8Array.of(0x03, 0xe8)]])).toString('latin1')
const hello = Buffer.from(framesTo('server', [['81 05', 'hello']])).toString('latin1')

/** Requests that a client may write; each must be answered as it is by a server that leaves everything to `node:http`. */
const requests: Readonly<Record<string, string>> = {
  'a plain handshake': plain,
  'a handshake with frames behind it': plain + hello + hello,
  'names in lower case': plain.replace(/^[\w-]+(?=:)/gm, name => name.toLowerCase()),
  'values without and with much space around them': plain.replace(/: /g, ':').replace(/:13/, ':  \t13\t '),
  'a query': head(usual, 'GET /echo?a=1&b=%20#x HTTP/1.1'),
  'an unknown path': head(usual, 'GET /nowhere HTTP/1.1'),
  'a path that is none': head(usual, 'GET //evil/../echo HTTP/1.1'),
  'a target in absolute form': head(usual, 'GET http://127.0.0.1/echo HTTP/1.1'),
  'a target of an asterisk': head(usual, 'GET * HTTP/1.1'),
  'a target with a space': head(usual, 'GET /echo x HTTP/1.1'),
  'a target beyond ASCII': head(usual, 'GET /\u00e9cho HTTP/1.1'),
  'two spaces behind the method': head(usual, 'GET  /echo HTTP/1.1'),
  'a tab in the request line': head(usual, 'GET\t/echo HTTP/1.1'),
  'a method in lower case': head(usual, 'get /echo HTTP/1.1'),
  'another method': head(usual, 'POST /echo HTTP/1.1'),
  'HTTP/1.0': head(usual, 'GET /echo HTTP/1.0'),
  'HTTP/2.0': head(usual, 'GET /echo HTTP/2.0'),
  'no version of HTTP': head(usual, 'GET /echo'),
  'line breaks before the request': `\r\n\r\n${plain}`,
  'line breaks of a line feed only': head(usual, 'GET /echo HTTP/1.1', '\n'),
  'line breaks of a carriage return only': head(usual, 'GET /echo HTTP/1.1', '\r'),
  'a line that goes on in the next one': head([...usual, 'X-A: 1', ' 2']),
  'a space before the colon': head([...usual, 'X-A : 1']),
  'a space before the name': head([' X-A: 1', ...usual]),
  'a line without a colon': head([...usual, 'nonsense']),
  'a name of nothing': head([...usual, ': 1']),
  'a NUL in a value': head([...usual, 'X-A: \0']),
  'a carriage return in a value': head([...usual, 'X-A: a\rb']),
  'a value beyond ASCII': head([...usual, 'X-A: \u00e9']),
  'names that objects have already': head([...usual, '__proto__: 1', 'constructor: 2', 'toString: 3']),
  'no Host': head(without('Host')),
  'two Hosts': head([...usual, 'Host: evil.example']),
  'a Host that is none': head([...without('Host'), 'Host: a/b']),
  'no Upgrade': head(without('Upgrade')),
  'an Upgrade to something else': head([...without('Upgrade'), 'Upgrade: h2c']),
  'an Upgrade to several': head([...without('Upgrade'), 'Upgrade: h2c, websocket']),
  'two Upgrades': head([...usual, 'Upgrade: websocket']),
  'no Connection': head(without('Connection')),
  'a Connection that is kept': head([...without('Connection'), 'Connection: keep-alive, Upgrade']),
  'a Connection that is closed': head([...without('Connection'), 'Connection: close']),
  'no key': head(without('Sec-WebSocket-Key')),
  'a key of 15 bytes': head([...without('Sec-WebSocket-Key'), 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j']),
  'two keys': head([...usual, `Sec-WebSocket-Key: ${key}`]),
  'another version': head([...without('Sec-WebSocket-Version'), 'Sec-WebSocket-Version: 8']),
  'subprotocols in two lines': head([...usual, 'Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b']),
  'a subprotocol that is no token': head([...usual, 'Sec-WebSocket-Protocol: a/b']),
  'extensions that do not parse': head([...usual, 'Sec-WebSocket-Extensions: ;;']),
  'an offer of permessage-deflate': head([...usual, 'Sec-WebSocket-Extensions: permessage-deflate']),
  'a foreign Origin': head([...usual, 'Origin: https://evil.example']),
  'its own Origin': head([...usual, 'Origin: http://127.0.0.1']),
  'the word of a proxy': head([...usual, 'X-Forwarded-For: 192.0.2.1', 'X-Forwarded-Proto: https']),
  'a body of no bytes': head([...usual, 'Content-Length: 0']),
  'a body that looks like a request': `${head([...usual, 'Content-Length: 30'])}GET /echo HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a body in chunks': `${head([...usual, 'Transfer-Encoding: chunked'])}0\r\n\r\n`,
  'two lengths': head([...usual, 'Content-Length: 0', 'Content-Length: 5']),
  'a length and chunks': head([...usual, 'Content-Length: 5', 'Transfer-Encoding: chunked']),
  'an Expect': head([...usual, 'Expect: 100-continue']),
  'a header of 17 KiB': head([...usual, `X-A: ${'a'.repeat(17 * 1024)}`]),
  'three thousand headers': head([...usual, ...Array.from({ length: 3_000 }, (_, at) => `X-${at}: 1`)]),
  'no WebSocket at all': head(['Host: 127.0.0.1'], 'GET / HTTP/1.1'),
  'two requests, then a handshake': head(['Host: 127.0.0.1'], 'GET /a HTTP/1.1').repeat(2) + plain,
  'a handshake behind a body': `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello${plain}`,
  TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  nonsense: '\0\xff\xfe nonsense \r\n\r\n',
}

const servers = { auto: echoServer('auto'), stream: echoServer('stream') }
const ports = { auto: 0, stream: 0 }

function echoServer(transport: 'auto' | 'stream'): Server {
  const server = createServer({ transport, trustedProxies: ['127.0.0.1'], onError: () => {} })
  return server.route('/echo', {
    // The request that a handler sees must be the same, too.
    open: socket => void socket.send(JSON.stringify(factsOf(socket.request))),
    message: (socket, message) => void socket.send(message),
  })
}

function tcpHandleCount(): number {
  return process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length
}

function factsOf(request: UpgradeRequest): object {
  const { url, path, headers, origin, host, protocols, remoteAddress, isSecure } = request
  return { url, path, headers, origin, host, protocols, remoteAddress, isSecure }
}

beforeAll(async () => {
  ports.auto = (await servers.auto.listen()).port
  ports.stream = (await servers.stream.listen()).port
})

afterAll(async () => {
  await Promise.all([servers.auto.close({ timeoutMs: 0 }), servers.stream.close({ timeoutMs: 0 })])
})

/**
 * Writes the parts one by one and collects what comes back until the server ends the connection. A server that waits
 * for more is told by a close frame, or by the end of the stream, that there will be none.
 */
async function exchange(port: number, parts: readonly string[]): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  socket.setNoDelay(true)
  let answer = ''
  let isWritten = false
  let isAsked = false
  const ask = (): void => {
    if (isAsked || !isWritten || answer === '') return
    isAsked = true
    socket.write(goodbye, 'latin1')
  }
  const ended = new Promise<void>(resolve => {
    socket.on('error', () => resolve())
    socket.on('close', () => resolve())
    socket.on('end', () => resolve())
    socket.on('data', chunk => {
      answer += chunk.toString('latin1')
      ask()
    })
  })
  for (const part of parts) {
    socket.write(part, 'latin1')
    await new Promise(resolve => setImmediate(resolve))
  }
  isWritten = true
  ask()
  if (!/HTTP\/1\.1/.test(parts.join(''))) socket.end()
  await ended
  socket.destroy()
  return answer.replace(/^Date: .*\r\n/gm, '')
}

describe.runIf(streamBinding !== undefined)('What comes to a port of the server’s own', () => {
  test.each(Object.entries(requests))('%s is answered as by node:http', async (_, request) => {
    const [auto, stream] = await Promise.all([
      exchange(ports.auto, [request]),
      exchange(ports.stream, [request]),
    ])
    expect(auto).toMatch(/^HTTP\/1\.1 \d{3} /)
    expect(auto).toBe(stream)
  })

  test('Two Host headers are refused, since a proxy that reads the other one sees another site (RFC 9112 §3.2)', async () => {
    for (const port of Object.values(ports)) {
      expect(await exchange(port, [requests['two Hosts'] ?? ''])).toMatch(/^HTTP\/1\.1 400 /)
    }
  })

  test('A handshake may come in two parts, wherever it is cut', async () => {
    const request = plain + hello
    const whole = await exchange(ports.stream, [request])
    expect(whole).toContain('hello')
    const cuts = Array.from({ length: request.length - 1 }, (_, at) => at + 1)
    const answers = await Promise.all(
      cuts.map(at => exchange(ports.auto, [request.slice(0, at), request.slice(at)])),
    )
    expect(new Set(answers)).toEqual(new Set([whole]))
  })

  test('A handshake may come octet by octet', async () => {
    const request = plain + hello
    expect(await exchange(ports.auto, [...request])).toBe(await exchange(ports.stream, [request]))
  })

  test('A client that says nothing, or half of it, is told so and let go', async () => {
    for (const [beginning, status] of [
      ['', 408],
      ['GET /echo HTTP/1.1\r\nHost:', 408],
    ] as const) {
      const server = createServer({ handshakeTimeoutMs: 100, onError: () => {} })
      const { port } = await server.listen()
      const socket = connect(port, '127.0.0.1')
      socket.write(beginning)
      const [answer] = await once(socket, 'data')
      expect(String(answer)).toMatch(`HTTP/1.1 ${status} `)
      await once(socket, 'close')
      await server.close()
    }
  })

  test('Clients that leave before they have said anything cost nothing', async () => {
    const server = createServer()
    const { port } = await server.listen()
    const before = tcpHandleCount()
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const sockets = Array.from({ length: 50 }, () => connect(port, '127.0.0.1'))
      await Promise.all(sockets.map(socket => once(socket, 'connect')))
      for (const socket of sockets) socket.resume()[leave]()
      await Promise.all(sockets.map(socket => socket.destroyed || once(socket, 'close')))
    }
    await expect.poll(tcpHandleCount).toBeLessThanOrEqual(before)
    await server.close()
  })

  test('close ends clients at once that have said nothing, or half of it', async () => {
    const server = createServer()
    const { port } = await server.listen()
    const sockets = ['', 'GET / HT'].map(beginning => {
      const socket = connect(port, '127.0.0.1')
      socket.write(beginning)
      return socket.on('error', () => {}).resume()
    })
    await Promise.all(sockets.map(socket => once(socket, 'connect')))
    const closed = sockets.map(socket => new Promise(resolve => socket.on('close', resolve)))
    await server.close()
    await Promise.all(closed)
  })
})

describe('Another process or thread', () => {
  const entry = JSON.stringify(new URL('../../dist/index.mjs', import.meta.url).href)
  const serveOnce = `
    import { createServer, WebSocket } from ${entry}
    const server = createServer()
    server.route('/', { message: (socket, message) => void socket.send(message) })
    const { url } = await server.listen()
    const echoed = await new Promise((resolve, reject) => {
      const socket = new WebSocket(url)
      socket.onopen = () => socket.send('here')
      socket.onmessage = event => resolve(event.data)
      socket.onerror = event => reject(event.error)
    })
    console.log(echoed)
    await server.close()`

  test('serves and then ends by itself', async () => {
    expect(await runChild(process.execPath, ['--input-type=module', '-e', serveOnce])).toBe('here\n')
  })

  test('serves where the permission model forbids everything but reading', async () => {
    const isStable = Number(process.versions.node.split('.')[0]) >= 24
    const flag = isStable ? '--permission' : '--experimental-permission'
    const net = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []
    const args = [flag, ...net, '--allow-fs-read=*', '--no-warnings', '--input-type=module', '-e', serveOnce]
    expect(await runChild(process.execPath, args)).toBe('here\n')
  })

  test('serves in a worker thread', async () => {
    const source = `
      import { Worker } from 'node:worker_threads'
      new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(serveOnce)})))`
    expect(await runChild(process.execPath, ['--input-type=module', '-e', source])).toBe('here\n')
  })

  test.each([
    ['by turns', 'SCHED_RR', /^2\n$/],
    // The quicker process takes it.
    ['by chance', 'SCHED_NONE', /^[12]\n$/],
  ])('shares a port with another one of a cluster, %s', async (_, policy, howMany) => {
    const source = `
      import cluster from 'node:cluster'
      import { createServer, WebSocket } from ${entry}
      if (cluster.isWorker) {
        const server = createServer()
        server.route('/', { message: (socket, message) => void socket.send(message + process.pid) })
        const { port } = await server.listen()
        process.send({ port })
        process.once('message', async () => { await server.close(); process.disconnect() })
      } else {
        cluster.schedulingPolicy = cluster.${policy}
        const workers = [cluster.fork(), cluster.fork()]
        const [{ port }] = await Promise.all(workers.map(it => new Promise(resolve => it.once('message', resolve))))
        const seen = new Set()
        for (let count = 0; count < 6; count++) {
          seen.add(await new Promise((resolve, reject) => {
            const socket = new WebSocket('ws://127.0.0.1:' + port)
            socket.onopen = () => socket.send('')
            socket.onmessage = event => { resolve(event.data); socket.close() }
            socket.onerror = event => reject(event.error)
          }))
        }
        console.log(seen.size)
        for (const it of workers) it.send('end')
      }`
    const folder = await mkdtemp(join(tmpdir(), 'bothways-cluster-'))
    try {
      await writeFile(join(folder, 'main.mjs'), source)
      expect(await runChild(process.execPath, [join(folder, 'main.mjs')])).toMatch(howMany)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
