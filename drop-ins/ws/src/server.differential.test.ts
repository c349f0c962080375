import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { requestWith, sameOnBoth } from '@bothways/test-support/ws-differential'
import { describe } from 'vitest'

describe('The constructor', () => {
  for (const options of [
    undefined,
    {},
    { port: 0, noServer: true },
    { server: createServer(), noServer: true },
    { noServer: true, path: '/a' },
    { noServer: true, perMessageDeflate: true, clientTracking: false },
  ]) {
    sameOnBoth(`takes ${JSON.stringify(Object.keys(options ?? {}))}`, async ({ WebSocket }, notes) => {
      try {
        const wss = new WebSocket.Server(options)
        const { WebSocket: Socket, server, ...rest } = wss.options
        notes.add('options', rest, Socket === WebSocket, server?.constructor.name)
        notes.add('fields', wss.clients, wss instanceof WebSocket.WebSocketServer)
      } catch (error) {
        notes.add('thrown', error)
      }
    })
  }
})

describe('Listening', () => {
  sameOnBoth('address, listening, and close with its callback', async ({ WebSocket }, notes) => {
    const wss = new WebSocket.Server({ port: 0, host: '127.0.0.1' }, () => notes.add('callback', 'listening'))
    notes.watch('server', wss, ['listening', 'close', 'error'])
    notes.add('address', wss.address())
    await once(wss, 'listening')
    const { address, family } = wss.address() as AddressInfo
    notes.add('address', address, family)
    await new Promise<void>(resolve => {
      wss.close(error => {
        notes.add('callback', error)
        resolve()
      })
    })
    notes.add('address', wss.address())
    await new Promise<void>(resolve => {
      wss.close(error => {
        notes.add('callback', error)
        resolve()
      })
    })
    wss.close()
    await once(wss, 'close')
  })

  sameOnBoth('a port in use is an error', async (stage, notes) => {
    const { port } = await stage.serve()
    const wss = new stage.WebSocket.Server({ port, host: '127.0.0.1' })
    const [error] = await once(wss, 'error')
    notes.add('error', error)
  })

  sameOnBoth('address without a server', async ({ WebSocket }, notes) => {
    const wss = new WebSocket.Server({ noServer: true })
    try {
      wss.address()
    } catch (error) {
      notes.add('thrown', error)
    }
    wss.close(error => notes.add('closed', error))
    await once(wss, 'close')
  })

  sameOnBoth(
    'beside an HTTP server, whose events it passes on until it is closed',
    async ({ WebSocket }, notes) => {
      const server = createServer((_, response) => response.end('page'))
      const wss = new WebSocket.Server({ server })
      notes.watch('wss', wss, ['listening', 'error', 'close'])
      server.listen(0, '127.0.0.1')
      await once(wss, 'listening')
      const { port } = server.address() as AddressInfo
      notes.add('page', await (await fetch(`http://127.0.0.1:${port}/`)).text())
      const count = (): string => ['listening', 'error', 'upgrade'].map(it => server.listenerCount(it)).join()
      notes.add('listeners', count())
      wss.close()
      notes.add('listeners', count())
      await once(wss, 'close')
      notes.add('listening', server.listening)
      server.close()
      server.closeAllConnections()
    },
  )

  sameOnBoth('a plain request gets 426', async (stage, notes) => {
    const { port } = await stage.serve()
    const response = await fetch(`http://127.0.0.1:${port}/`)
    notes.add('answer', response.status, response.headers.get('content-type'), await response.text())
  })
})

const key = { 'Sec-WebSocket-Key': 'abc' }
const requests: Record<string, [headers?: Record<string, string | undefined>, line?: string]> = {
  'a valid one': [],
  POST: [{ 'Content-Length': '0' }, 'POST / HTTP/1.1'],
  'another upgrade': [{ Upgrade: 'h2c' }],
  'upgrade in capitals': [{ Upgrade: 'WebSocket' }],
  'no key': [{ 'Sec-WebSocket-Key': undefined }],
  'a bad key': [key],
  'no version': [{ 'Sec-WebSocket-Version': undefined }],
  'version 12': [{ 'Sec-WebSocket-Version': '12' }],
  'version 8': [{ 'Sec-WebSocket-Version': '8' }],
  'another path': [{}, 'GET /other HTTP/1.1'],
  'the path': [{}, 'GET /path?query HTTP/1.1'],
  subprotocols: [{ 'Sec-WebSocket-Protocol': 'a, b' }],
  'a malformed subprotocol': [{ 'Sec-WebSocket-Protocol': 'a,,b' }],
  'a subprotocol twice': [{ 'Sec-WebSocket-Protocol': 'a, a' }],
  compression: [{ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }],
  'malformed extensions': [{ 'Sec-WebSocket-Extensions': 'permessage-deflate; =' }],
  'unknown parameters': [{ 'Sec-WebSocket-Extensions': 'permessage-deflate; x=1' }],
  'a bad window': [{ 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=7' }],
  'a parameter twice': [
    {
      'Sec-WebSocket-Extensions':
        'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
    },
  ],
  'another extension': [{ 'Sec-WebSocket-Extensions': 'x-other' }],
  'several offers': [
    { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_max_window_bits=10, permessage-deflate' },
  ],
  'HTTP/1.0': [{}, 'GET / HTTP/1.0'],
}

const servers: Record<string, object> = {
  'by default': {},
  'with a path': { path: '/path' },
  'with compression': { perMessageDeflate: true },
  'with limits on compression': {
    perMessageDeflate: {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 11,
      threshold: 0,
    },
  },
  'that allows no window': {
    perMessageDeflate: {
      serverMaxWindowBits: false,
      clientMaxWindowBits: false,
      serverNoContextTakeover: false,
    },
  },
}

describe.each(Object.entries(servers))('The answer of a server %s', (_, options) => {
  for (const [name, [headers, line]] of Object.entries(requests)) {
    sameOnBoth(`to ${name}`, async (stage, notes) => {
      const { wss, port } = await stage.serve(options)
      notes.watch('wss', wss, ['error'])
      const peer = await stage.connectRaw(port, requestWith(headers, line))
      const head = await peer.head
      notes.add('head', head)
      if (head.includes(' 101 ')) peer.write(['88 00'])
      notes.add('rest', await stage.endOf(peer))
    })
  }
})

describe('Refusals', () => {
  sameOnBoth('wsClientError takes the place of the answer', async (stage, notes) => {
    const { wss, port } = await stage.serve()
    wss.on('wsClientError', (error, socket, request) => {
      notes.add('wss', error, request.url)
      socket.end('HTTP/1.1 418 Teapot\r\n\r\n')
    })
    const peer = await stage.connectRaw(port, requestWith(key))
    notes.add('head', await peer.head)
    await stage.endOf(peer)
  })

  for (const answer of [
    [true],
    [false],
    [false, 404],
    [false, 403, 'No'],
    [false, 401, 'Who?', { 'WWW-Authenticate': 'Basic' }],
  ]) {
    sameOnBoth(
      `verifyClient with a callback, answered by ${JSON.stringify(answer)}`,
      async (stage, notes) => {
        const { port } = await stage.serve({
          verifyClient(
            info: { origin: string; secure: boolean; req: object },
            callback: (...args: unknown[]) => void,
          ) {
            notes.add('info', Object.keys(info).sort().join(), info.origin, info.secure, info.req)
            setImmediate(callback, ...answer)
          },
        } as object)
        const peer = await stage.connectRaw(port, requestWith({ Origin: 'https://a.example' }))
        notes.add('head', await peer.head)
        if (answer[0]) peer.write(['88 00'])
        notes.add('rest', await stage.endOf(peer))
      },
    )
  }

  for (const isWelcome of [true, false]) {
    sameOnBoth(`verifyClient that returns ${isWelcome}`, async (stage, notes) => {
      const { port } = await stage.serve({
        verifyClient: (info: { origin: string }) => notes.add('origin', info.origin) ?? isWelcome,
      })
      const peer = await stage.connectRaw(
        port,
        requestWith({ 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Origin': 'x' }),
      )
      notes.add('head', await peer.head)
      if (isWelcome) peer.write(['88 00'])
      notes.add('rest', await stage.endOf(peer))
    })
  }

  sameOnBoth('a server that is closing answers 503', async (stage, notes) => {
    const server = createServer()
    const wss = new stage.WebSocket.Server({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      wss.close()
      wss.handleUpgrade(request, socket, head, () => notes.add('wss', 'accepted'))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const peer = await stage.connectRaw((server.address() as AddressInfo).port)
    notes.add('head', await peer.head)
    notes.add('rest', await stage.endOf(peer))
    server.close()
  })

  sameOnBoth('shouldHandle decides', async (stage, notes) => {
    const { wss, port } = await stage.serve()
    wss.shouldHandle = request => request.url === '/yes'
    for (const path of ['/yes', '/no']) {
      const peer = await stage.connectRaw(port, requestWith({}, `GET ${path} HTTP/1.1`))
      notes.add(path, await peer.head)
      peer.socket.destroy()
      await stage.closed()
    }
  })
})

describe('The handshake', () => {
  for (const [name, handleProtocols] of Object.entries({
    'takes the second': (protocols: Set<string>) => [...protocols][1] ?? false,
    'takes none': () => false as const,
    'sees the request': (protocols: Set<string>, request: { url?: string }) =>
      `${request.url === '/' ? [...protocols][0] : 'x'}`,
  })) {
    sameOnBoth(`handleProtocols ${name}`, async (stage, notes) => {
      const { port } = await stage.serve({ handleProtocols } as object, socket => {
        notes.add('protocol', socket.protocol)
        socket.close()
      })
      const peer = await stage.connectRaw(port, requestWith({ 'Sec-WebSocket-Protocol': 'a,b' }))
      notes.add('head', await peer.head)
      await peer.bytes(2)
      peer.write(['88 00'])
      await stage.endOf(peer)
    })
  }

  sameOnBoth('headers may be added', async (stage, notes) => {
    const { wss, port } = await stage.serve()
    wss.on('headers', (headers, request) => {
      notes.add('headers', headers, request.method)
      headers.push('Set-Cookie: a=b')
    })
    const peer = await stage.connectRaw(port)
    notes.add('head', await peer.head)
    peer.socket.destroy()
  })

  sameOnBoth('handleUpgrade twice on one socket throws', async (stage, notes) => {
    const server = createServer()
    const wss = new stage.WebSocket.Server({ noServer: true })
    const thrown = new Promise<void>(resolve => {
      server.on('upgrade', (request, socket, head) => {
        wss.handleUpgrade(request, socket, head, () => {})
        try {
          wss.handleUpgrade(request, socket, head, () => {})
        } catch (error) {
          notes.add('thrown', error)
        }
        socket.destroy()
        resolve()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await stage.connectRaw((server.address() as AddressInfo).port)
    await thrown
    server.close()
  })

  sameOnBoth('one HTTP server for two servers without one, by path', async (stage, notes) => {
    const server = createServer()
    const servers = ['/a', '/b'].map(path => new stage.WebSocket.Server({ noServer: true, path }))
    server.on('upgrade', (request, socket, head) => {
      const wss = servers.find(it => it.shouldHandle(request))
      if (wss === undefined) socket.destroy()
      else wss.handleUpgrade(request, socket, head, ws => ws.send(`from ${wss.options.path}`))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    for (const path of ['/a', '/b', '/c']) {
      const client = stage.connect(`ws://127.0.0.1:${port}${path}`)
      await Promise.race([once(client, 'message'), new Promise(resolve => client.once('error', resolve))])
      client.terminate()
    }
    notes.add('clients', servers.map(it => it.clients.size).join())
    server.close()
  })

  sameOnBoth('a class of the program is used', async (stage, notes) => {
    class Mine extends stage.WebSocket {
      greet(): void {
        this.send('hello')
      }
    }
    const { wss, url } = await stage.serve({ WebSocket: Mine } as object, socket => (socket as Mine).greet())
    const client = stage.connect(url)
    await once(client, 'message')
    notes.add(
      'clients',
      [...wss.clients].every(it => it instanceof Mine),
    )
  })

  sameOnBoth('over TLS', async (stage, notes) => {
    const server = createHttpsServer(await makeCertificate())
    const wss = new stage.WebSocket.Server({
      server,
      verifyClient: (info: { secure: boolean }) => info.secure,
    })
    wss.on('connection', socket => socket.on('message', message => socket.send(message)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}`
    const client = stage.connect(url, { rejectUnauthorized: false })
    await once(client, 'open')
    client.send('a')
    await once(client, 'message')
    client.close(1000)
    await once(client, 'close')
    const distrustful = stage.connect(url)
    await new Promise(resolve => distrustful.once('close', resolve))
    notes.add('clients', wss.clients.size)
    server.close()
  })
})

describe('The clients of a server', () => {
  sameOnBoth('are tracked until they close, and close follows the last', async (stage, notes) => {
    const server = createServer()
    const wss = new stage.WebSocket.Server({ server })
    notes.watch('wss', wss, ['close'])
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
    const clients = [stage.connect(url), stage.connect(url)]
    await Promise.all(clients.map(it => once(it, 'open')))
    notes.add('clients', wss.clients.size)
    wss.close(() => notes.add('wss', 'callback', wss.clients.size))
    clients[0]?.close()
    await once(clients[0] as never, 'close')
    notes.add('clients', wss.clients.size)
    const closed = once(wss, 'close')
    clients[1]?.terminate()
    await closed
    notes.add('clients', wss.clients.size)
    server.close()
  })

  sameOnBoth('are not tracked without clientTracking', async (stage, notes) => {
    const { wss, url } = await stage.serve({ clientTracking: false })
    const client = stage.connect(url)
    await once(client, 'open')
    notes.add('clients', wss.clients)
    client.terminate()
  })

  sameOnBoth('broadcast', async (stage, notes) => {
    const { wss, url } = await stage.serve()
    const clients = [stage.connect(url), stage.connect(url)]
    await Promise.all(clients.map(it => once(it, 'open')))
    const messages = clients.map(it => once(it, 'message'))
    for (const client of wss.clients) {
      if (client.readyState === stage.WebSocket.OPEN) client.send('all', { binary: false })
    }
    await Promise.all(messages)
    notes.add('done', 'yes')
  })

  sameOnBoth('that left before the handshake is done are not accepted', async (stage, notes) => {
    let proceed: (() => void) | undefined
    const asked = new Promise<void>(resolve => {
      proceed = resolve
    })
    const { wss, port } = await stage.serve({
      verifyClient(info: { req: import('node:http').IncomingMessage }, callback: (result: boolean) => void) {
        proceed?.()
        info.req.socket.once('close', () => {
          callback(true)
          notes.add('clients', wss.clients.size)
        })
      },
    } as object)
    const socket = connect(port, '127.0.0.1')
    socket.write(requestWith())
    await asked
    socket.destroy()
    const stream = await new Promise(resolve => socket.once('close', resolve))
    notes.add('done', stream)
  })
})
