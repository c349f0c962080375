import { once } from 'node:events'
import { Agent, createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  answer101,
  answerWith,
  type Notes,
  type Script,
  type Stage,
  sameOnBoth,
} from '@bothways/test-support/ws-differential'
import { describe } from 'vitest'

/** A request without its key and its host, which are new in each. */
function steady(request: string): string {
  return request.replace(/(Sec-WebSocket-Key: ).*/i, '$1KEY').replace(/127\.0\.0\.1:\d+/g, 'HOST')
}

function closed(socket: { once(event: 'close', listener: () => void): unknown }): Promise<void> {
  return new Promise(resolve => socket.once('close', resolve))
}

describe('The constructor', () => {
  for (const address of [
    '',
    'nonsense',
    'ftp://localhost',
    'ws://localhost/#fragment',
    'ws+unix:',
    'http://localhost:1/a b',
    'https://localhost:1',
    'ws://user:pass@localhost:1/?q',
    new URL('ws://localhost:1'),
  ]) {
    sameOnBoth(`takes the address ${address}`, async ({ WebSocket }, notes) => {
      try {
        const agent = new Agent()
        agent.createConnection = () => {
          throw new Error('not this time')
        }
        const socket = new WebSocket(address, {
          createConnection: () => connect({ port: 1, host: '127.0.0.1' }),
        } as object)
        socket.on('error', () => {})
        notes.add(
          'socket',
          socket.url,
          socket.readyState,
          socket.protocol,
          socket.extensions,
          socket.bufferedAmount,
        )
        notes.add('socket', socket.binaryType, socket.isPaused, String(socket.onopen))
        await closed(socket)
      } catch (error) {
        notes.add('thrown', error)
      }
    })
  }

  for (const rest of [
    [['a', 'a']],
    [['']],
    ['a b'],
    [['a', 1]],
    [undefined, { protocolVersion: 12 }],
    [null],
    ['a'],
    [['a', 'b'], { perMessageDeflate: false }],
    [{ protocols: ['a'] }],
    [{ protocols: 'a', origin: 'https://a.example' }],
    [undefined, { protocols: 'a', protocolVersion: 8, origin: 'https://a.example' }],
    [{ headers: { Cookie: 'a=b', 'X-Mine': '1', Host: 'other', Upgrade: 'mine' } }],
    [
      {
        perMessageDeflate: {
          serverNoContextTakeover: true,
          clientNoContextTakeover: true,
          serverMaxWindowBits: 10,
          clientMaxWindowBits: 11,
        },
      },
    ],
    [{ perMessageDeflate: { clientMaxWindowBits: false } }],
    [{ auth: 'user:pass' }],
    [{ host: 'ignored', port: 9, path: '/ignored', method: 'POST', timeout: 1 }],
  ]) {
    sameOnBoth(`asks with ${JSON.stringify(rest)}`, async (stage, notes) => {
      const { url } = await stage.serveRaw(
        () => {},
        (_, request) => {
          notes.add('request', steady(request))
          return 'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n'
        },
      )
      try {
        await closed(stage.connect(`${url}/path?query`, ...(rest as [])))
      } catch (error) {
        notes.add('thrown', error)
      }
    })
  }

  sameOnBoth('credentials of the address', async (stage, notes) => {
    const { url } = await stage.serveRaw(
      () => {},
      (_, request) => {
        notes.add('request', steady(request))
        return 'HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n'
      },
    )
    await closed(stage.connect(url.replace('//', '//us%20er:p%40ss@')))
  })

  sameOnBoth('finishRequest ends the request itself', async (stage, notes) => {
    const { url } = await stage.serveRaw(
      peer => peer.write(['88 00']),
      (accept, request) => {
        notes.add('request', steady(request))
        return answer101(accept)
      },
    )
    const socket = stage.connect(url, {
      finishRequest(request: import('node:http').ClientRequest, websocket: object) {
        notes.add('finish', request, websocket.constructor.name)
        setImmediate(() => {
          request.setHeader('X-Late', 'yes')
          request.end()
        })
      },
    })
    await closed(socket)
  })

  sameOnBoth('createConnection is used', async (stage, notes) => {
    const { url, port } = await stage.serve({}, socket => socket.close(1000))
    const socket = stage.connect(url, {
      createConnection(options: { host: string; port: string }) {
        notes.add('options', options.host, typeof options.port)
        return connect(port, '127.0.0.1')
      },
    })
    await closed(socket)
    await stage.closed()
  })

  sameOnBoth('an agent is used', async (stage, notes) => {
    const { url } = await stage.serve({}, socket => socket.close(1000))
    const agent = new Agent({ keepAlive: true })
    const socket = stage.connect(url, { agent })
    await once(socket, 'open')
    notes.add('agent', Object.keys(agent.sockets).length, Object.keys(agent.freeSockets).length)
    await closed(socket)
    await stage.closed()
    agent.destroy()
  })

  sameOnBoth('a Unix socket', async (stage, notes) => {
    const path = join(tmpdir(), `bothways-${process.pid}-${Math.random().toString(36).slice(2)}.sock`)
    const server = createServer()
    const wss = new stage.WebSocket.Server({ server })
    wss.on('connection', (socket, request) => {
      notes.add('request', request.url, request.headers.host)
      socket.close(1000)
    })
    server.listen(path)
    await once(server, 'listening')
    await closed(stage.connect(`ws+unix:${path}:/some?query`))
    await closed(stage.connect(`ws+unix:${path}`))
    server.close()
  })
})

const answers: Record<string, (accept: string) => string> = {
  'a good one': answer101,
  'upgrade in capitals': accept => answerWith({ Upgrade: 'WebSocket', 'Sec-WebSocket-Accept': accept }),
  'another upgrade': accept => answerWith({ Upgrade: 'h2c', 'Sec-WebSocket-Accept': accept }),
  'no accept': () => answerWith({}),
  'a wrong accept': () => answerWith({ 'Sec-WebSocket-Accept': 'x' }),
  'the subprotocol': accept => answerWith({ 'Sec-WebSocket-Accept': accept, 'Sec-WebSocket-Protocol': 'b' }),
  'another subprotocol': accept =>
    answerWith({ 'Sec-WebSocket-Accept': accept, 'Sec-WebSocket-Protocol': 'c' }),
  compression: accept =>
    answerWith({
      'Sec-WebSocket-Accept': accept,
      'Sec-WebSocket-Protocol': 'a',
      'Sec-WebSocket-Extensions': 'permessage-deflate',
    }),
  'limited compression': accept =>
    answerWith({
      'Sec-WebSocket-Accept': accept,
      'Sec-WebSocket-Protocol': 'a',
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits=9; server_no_context_takeover',
    }),
  'a window that is none': accept =>
    answerWith({
      'Sec-WebSocket-Accept': accept,
      'Sec-WebSocket-Protocol': 'a',
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    }),
  'another extension': accept =>
    answerWith({
      'Sec-WebSocket-Accept': accept,
      'Sec-WebSocket-Protocol': 'a',
      'Sec-WebSocket-Extensions': 'x-other',
    }),
  'malformed extensions': accept =>
    answerWith({
      'Sec-WebSocket-Accept': accept,
      'Sec-WebSocket-Protocol': 'a',
      'Sec-WebSocket-Extensions': ';',
    }),
  'status 200': () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  'status 401': () => 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
  'a redirect that is not followed': () =>
    'HTTP/1.1 302 Found\r\nLocation: ws://localhost:1\r\nContent-Length: 0\r\n\r\n',
  'no HTTP': () => 'nonsense\r\n\r\n',
}

const asked: Record<string, [protocols?: string[], options?: object]> = {
  nothing: [[], { perMessageDeflate: false }],
  'subprotocols and compression': [['a', 'b']],
  'limited compression': [
    ['a'],
    { perMessageDeflate: { clientMaxWindowBits: 10, clientNoContextTakeover: false } },
  ],
}

describe.each(Object.entries(asked))('A client that asked for %s', (_, [protocols, options]) => {
  for (const [name, answer] of Object.entries(answers)) {
    sameOnBoth(`is answered with ${name}`, async (stage, notes) => {
      const { url } = await stage.serveRaw(peer => {
        peer.write(['81 01', 'x'], ['88 02', Buffer.from([3, 232])])
        void peer.ended.then(received => notes.add('raw', received.length > 0))
      }, answer)
      const socket = stage.connect(url, protocols, options)
      notes.watch('upgrade', socket, ['upgrade'])
      socket.on('open', () => notes.add('client', socket.protocol, socket.extensions, socket.readyState))
      await closed(socket)
      await stage.closed()
      notes.add('client', socket.protocol, socket.extensions, socket.readyState)
    })
  }
})

describe('A handshake', () => {
  sameOnBoth('to nobody', async (stage, notes) => {
    const socket = stage.connect('ws://127.0.0.1:1')
    await closed(socket)
    notes.add('state', socket.readyState)
  })

  sameOnBoth('that takes too long', async stage => {
    const { url } = await stage.serveRaw(
      () => {},
      () => '',
    )
    await closed(stage.connect(url, { handshakeTimeout: 20 }))
  })

  sameOnBoth('whose server hangs up', async stage => {
    const { url } = await stage.serveRaw(
      peer => peer.socket.end(),
      () => 'HTTP/1.1 101 Swi',
    )
    const socket = stage.connect(url)
    await closed(socket)
  })

  for (const how of ['close', 'terminate'] as const) {
    sameOnBoth(`that is given up by ${how}`, async (stage, notes) => {
      const { url } = await stage.serve()
      const socket = stage.connect(url)
      socket[how]()
      notes.add('state', socket.readyState)
      await closed(socket)
      notes.add('state', socket.readyState)
      socket[how]()
    })

    sameOnBoth(`that is given up by ${how} once the answer is there`, async (stage, notes) => {
      const { url } = await stage.serve()
      const socket = stage.connect(url)
      socket.on('upgrade', () => {
        socket[how]()
        notes.add('state', socket.readyState)
      })
      await closed(socket)
    })
  }

  sameOnBoth('unexpected-response is the program’s to answer', async (stage, notes) => {
    const { url } = await stage.serveRaw(
      () => {},
      () => 'HTTP/1.1 401 Unauthorized\r\nX-Why: because\r\nContent-Length: 4\r\n\r\nbody',
    )
    const socket = stage.connect(url)
    const [request, response] = await once(socket, 'unexpected-response')
    let body = ''
    for await (const chunk of response) body += chunk
    notes.add('answer', response.statusCode, response.headers['x-why'], body, socket.readyState)
    request.destroy()
    socket.close()
    await closed(socket)
  })

  sameOnBoth('calls while connecting throw', async (stage, notes) => {
    const { url } = await stage.serve()
    const socket = stage.connect(url)
    for (const call of [() => socket.send('a'), () => socket.ping(), () => socket.pong()]) {
      try {
        call()
      } catch (error) {
        notes.add('thrown', error)
      }
    }
    socket.pause()
    notes.add('paused', socket.isPaused)
    socket.terminate()
    await closed(socket)
    socket.send('late')
    socket.send('late', error => notes.add('callback', error))
    socket.ping('late', false, error => notes.add('callback', error))
    socket.pong(undefined, undefined, error => notes.add('callback', error))
    notes.add('buffered', socket.bufferedAmount)
    await new Promise(resolve => setImmediate(resolve))
  })
})

describe('Redirects', () => {
  /** A server that sends from path to path, and at last opens. */
  async function redirecting(stage: Stage, notes: Notes, hops: Record<string, (port: number) => string>) {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const wss = new stage.WebSocket.Server({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      const { cookie, authorization, host } = request.headers
      notes.add('request', request.url, cookie ?? '', authorization ?? '', host?.replace(/:\d+/, ':PORT'))
      const { port } = server.address() as AddressInfo
      const location = hops[request.url ?? '']?.(port)
      if (location === undefined) wss.handleUpgrade(request, socket, head, ws => ws.close(1000))
      else socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`)
    })
    return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  const follow =
    (hops: Record<string, (port: number) => string>, options: object = {}, listens = false): Script =>
    async (stage, notes) => {
      const { server, url } = await redirecting(stage, notes, hops)
      const socket = stage.connect(url.replace('//', '//user:pass@'), { followRedirects: true, ...options })
      if (listens)
        socket.on('redirect', (to, request) => notes.add('redirect', to.replace(/:\d+/, ':PORT'), request))
      await closed(socket)
      notes.add('url', socket.url.replace(/:\d+/, ':PORT'))
      server.close()
    }

  sameOnBoth('are followed', follow({ '/': () => '/a', '/a': port => `http://127.0.0.1:${port}/b` }))
  sameOnBoth('are told', follow({ '/': () => '/a' }, {}, true))
  sameOnBoth('are bounded', follow({ '/': () => '/' }, { maxRedirects: 2 }))
  sameOnBoth('need a good address', follow({ '/': () => 'http://' }))
  sameOnBoth('go to WebSockets only', follow({ '/': () => 'ftp://localhost' }))
  const secrets = { headers: { Cookie: 'a=b', Authorization: 'Bearer x', Host: 'mine' } }
  sameOnBoth('keep secrets on one host', follow({ '/': () => '/a' }, secrets))
  sameOnBoth(
    'keep secrets from another host',
    follow({ '/': port => `ws://localhost:${port}/a` }, { ...secrets, family: 4 }),
  )
  sameOnBoth(
    'leave secrets to a program that looks',
    follow({ '/': port => `ws://localhost:${port}/a` }, { ...secrets, family: 4 }, true),
  )
})
