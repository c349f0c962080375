import { once } from 'node:events'
import { makeCertificate } from '@bothways/test-support/certificate'
import { type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import {
  type Library,
  perform,
  type Stage,
  type WebSocketConnection,
  type WebSocketRequest,
} from '@bothways/test-support/websocket-stage'
import { describe, expect, test } from 'vitest'
import theirs from 'websocket'
import ours from './index.ts'

// Each script runs on npm's websocket and on ours; both have to do the same, to the byte.

const certificate = makeCertificate()

type Script = (stage: Stage) => Promise<void>

const text = (payload: string): RawFrame => rawFrame('81', payload)
const closeFrame = (code: number, reason = ''): RawFrame => {
  const body = Buffer.alloc(2 + Buffer.byteLength(reason))
  body.writeUInt16BE(code)
  body.write(reason, 2)
  return rawFrame('88', body)
}

/** A raw peer sends frames to a server's connection, which drops it. */
function drops(config: object, ...frames: RawFrame[]): Script {
  return async stage => {
    const { server, raw } = await stage.accepted(config)
    const closed = once(server, 'close')
    raw.send(...frames)
    await raw.frames()
    await Promise.all([closed, raw.over()])
  }
}

/** A raw peer closes; the connection answers, and both end TCP. */
function closes(...frames: RawFrame[]): Script {
  return async stage => {
    const { server, raw } = await stage.accepted()
    const closed = once(server, 'close')
    raw.send(...frames)
    await raw.frames()
    await raw.over()
    raw.end()
    await closed
  }
}

/** The connection closes; the raw peer answers. */
function isClosed(close: (connection: WebSocketConnection) => void): Script {
  return async stage => {
    const { server, raw, connection } = await stage.accepted()
    const closed = once(server, 'close')
    stage.attempt('caller', () => close(connection))
    stage.note('caller', connection.connected, connection.state, connection.closeReasonCode)
    await raw.frames()
    raw.send(closeFrame(1000))
    raw.end()
    await Promise.all([closed, raw.over()])
  }
}

/** A server drops a connection. */
function isDropped(drop: (connection: WebSocketConnection) => void): Script {
  return async stage => {
    const { server, raw, connection } = await stage.accepted()
    const closed = once(server, 'close')
    stage.attempt('caller', () => drop(connection))
    stage.note('caller', connection.connected, connection.state, connection.socket.destroyed)
    await Promise.all([closed, raw.over()])
  }
}

/** A request is answered; the client's answer and the request's own events are noted. */
function answers(
  answer: (request: WebSocketRequest, stage: Stage) => void,
  headers = {},
  path = '/',
): Script {
  return async stage => {
    const { port } = await stage.serve({}, request => {
      request.on('requestAccepted', connection => stage.note('request', 'accepted', connection.protocol))
      request.on('requestRejected', () => stage.note('request', 'rejected'))
      request.on('requestResolved' as 'requestRejected', () => stage.note('request', 'resolved'))
      stage.attempt('caller', () => answer(request, stage))
      stage.attempt('again', () => request.reject(400))
    })
    const raw = await stage.raw(port, { headers, path })
    await raw.head()
    raw.end()
    await raw.over()
  }
}

/** A handshake that is refused before the program is asked. */
function refuses(headers: Record<string, string>, path = '/'): Script {
  return async stage => {
    const { port, server } = await stage.serve({}, request => stage.note('server', 'request', request.key))
    server.on('upgradeError', error => stage.note('server', 'upgradeError', error))
    const raw = await stage.raw(port, { headers, path })
    await raw.head()
    await raw.over()
  }
}

/** The properties of a request. */
function reads(headers: Record<string, string>, path = '/', config = {}): Script {
  return async stage => {
    const { port } = await stage.serve(config, request => {
      const { requestedProtocols, protocolFullCaseMap, requestedExtensions, cookies } = request
      stage.note('request', requestedProtocols, protocolFullCaseMap, requestedExtensions, cookies)
      const { resource, host, origin, remoteAddress, remoteAddresses, webSocketVersion, key } = request
      stage.note('request', resource, host, origin, remoteAddress, remoteAddresses, webSocketVersion, key)
      const { pathname, query } = request.resourceURL
      stage.note('request', pathname, { ...query })
      request.accept()
    })
    const raw = await stage.raw(port, { headers, path })
    await raw.head()
  }
}

/** A cookie is set, or why not. */
const setsCookies = (cookies: unknown): Script =>
  answers(request => request.accept(null, undefined, cookies as never))

/** A client fails. */
function failsToConnect(answer: Record<string, string>, statusLine?: string, protocols?: string[]): Script {
  return async stage => {
    const port = await stage.rawServer(raw => {
      void raw.answer(answer, statusLine).then(() => raw.end())
    })
    const client = new stage.library.client()
    const failed = once(client, 'connectFailed')
    client.connect(`ws://127.0.0.1:${port}/`, protocols)
    const [error] = await failed
    stage.note('client', error)
  }
}

/** A client's request, as bytes. */
function requests(...args: [path: string, ...rest: unknown[]]): Script {
  return async stage => {
    const [path, ...rest] = args
    const port = await stage.rawServer(raw => {
      void raw.answer({ 'Sec-WebSocket-Protocol': rest[0] === undefined ? '' : 'Chat' })
    })
    const client = new stage.library.client()
    const connected = once(client, 'connect')
    client.connect(`ws://127.0.0.1:${port}${path}`, ...(rest as []))
    const [connection] = (await connected) as [WebSocketConnection]
    const { protocol, extensions, webSocketVersion, maskOutgoingPackets, connected: isUp, state } = connection
    stage.note('client', { protocol, extensions, webSocketVersion, maskOutgoingPackets, isUp, state })
  }
}

/** The error that a call with a library throws. */
const throwing =
  (call: (library: Library) => unknown): Script =>
  async stage => {
    stage.attempt('caller', () => call(stage.library))
  }

/** A W3C client beside a server of the same library. */
function w3c(
  run: (
    stage: Stage,
    socket: InstanceType<Library['w3cwebsocket']>,
    server: InstanceType<Library['server']>,
  ) => Promise<void>,
): Script {
  return async stage => {
    const { port, server } = await stage.serve({ autoAcceptConnections: true })
    server.on('connect', connection => {
      stage.watch('connection', connection)
      connection.on('message', message => {
        if (message.type === 'utf8') connection.sendUTF(`${message.utf8Data}!`)
        else connection.sendBytes(message.binaryData)
      })
    })
    const socket = new stage.library.w3cwebsocket(`ws://127.0.0.1:${port}/chat`, 'chat')
    const { url, readyState, protocol, extensions, binaryType, bufferedAmount } = socket
    stage.note('socket', { url, readyState, protocol, extensions, binaryType, bufferedAmount })
    for (const type of ['open', 'error', 'close', 'message'] as const) {
      socket[`on${type}`] = (
        event: Partial<Record<'type' | 'data' | 'code' | 'reason' | 'wasClean', unknown>> = {},
      ) => {
        const { data, code, reason, wasClean } = event
        stage.note('socket', `on${event.type}`, socket.readyState, data, code, reason, wasClean)
      }
    }
    await run(stage, socket, server)
  }
}

const messageOf = (socket: InstanceType<Library['w3cwebsocket']>, type: string): Promise<unknown> =>
  new Promise(resolve => socket.addEventListener(type, resolve))

const scripts: Record<string, Script> = {
  // --- requests
  'a request says what it came with': reads(
    {
      Origin: 'http://a.example',
      'Sec-WebSocket-Protocol': 'Chat, SUPERchat',
      'Sec-WebSocket-Extensions': 'Permessage-Deflate; client_max_window_bits, x; a=1; b',
      Cookie: 'a=1; b="2"; c=%20d; e; f=g=h, i=j',
      'X-Forwarded-For': '10.0.0.1, 10.0.0.2',
    },
    '/room?x=1&y=%20&x=2',
  ),
  'a request with nothing but what it must have': reads({}),
  'headers that are not to be looked at': reads(
    { Cookie: 'a=1', 'Sec-WebSocket-Extensions': 'x', 'X-Forwarded-For': '10.0.0.1' },
    '/',
    { parseCookies: false, parseExtensions: false, ignoreXForwardedFor: true },
  ),
  'version 8': reads({
    'Sec-WebSocket-Version': '8',
    'Sec-WebSocket-Origin': 'http://a.example',
    Origin: 'x',
  }),
  'accept without arguments': answers(request => request.accept()),
  'accept with subprotocol and origin': answers(request => request.accept('chat', 'http://a.example'), {
    'Sec-WebSocket-Protocol': 'Chat, b',
  }),
  'accept with version 8': answers(request => request.accept(null, 'http://a.example'), {
    'Sec-WebSocket-Version': '8',
  }),
  'accept with line breaks in the origin': answers(request => request.accept(null, 'http://a\r\nX: y')),
  'accept with a subprotocol that was not asked for': answers(request => request.accept('other'), {
    'Sec-WebSocket-Protocol': 'chat',
  }),
  'accept with a subprotocol in another case': answers(request => request.accept('CHAT'), {
    'Sec-WebSocket-Protocol': 'chat',
  }),
  'reject by default': answers(request => request.reject()),
  'reject with status and reason': answers(request => request.reject(404, 'Not\r\nhere')),
  'reject with headers': answers(request =>
    request.reject(401, 'Who?', { 'WWW-Authenticate': 'Basic\r\nrealm=x', 'X-Number': 5 }),
  ),
  'reject with a reason phrase of its own': answers(request => request.reject(413)),
  'reject with what is no number': answers(request => request.reject('404' as never)),
  'cookies in full': setsCookies([
    {
      name: 'a',
      value: '1',
      path: '/x',
      domain: 'A.Example',
      expires: new Date(0),
      maxage: 10.4,
      secure: true,
      httponly: true,
    },
    { name: 'b', value: '"2"', maxage: '20' },
    { name: 'c\r\nd', value: 'e; f', secure: false },
  ]),
  'cookies that are no array': setsCookies({ name: 'a' }),
  'a cookie without a value': setsCookies([{ name: 'a' }]),
  'a cookie twice': setsCookies([
    { name: 'a', value: '1' },
    { name: 'a', value: '2' },
  ]),
  'a cookie with a bad name': setsCookies([{ name: 'a=b', value: '1' }]),
  'a cookie with a bad value': setsCookies([{ name: 'a', value: 'b,c' }]),
  'a cookie with a bad path': setsCookies([{ name: 'a', value: '1', path: '/;' }]),
  'a cookie with a bad domain': setsCookies([{ name: 'a', value: '1', domain: 5 }]),
  'a cookie with bad characters in the domain': setsCookies([{ name: 'a', value: '1', domain: 'a b' }]),
  'a cookie that expires at no date': setsCookies([{ name: 'a', value: '1', expires: 'now' }]),
  'a cookie with a bad age': setsCookies([{ name: 'a', value: '1', maxage: -1 }]),
  'a cookie that is secure by no boolean': setsCookies([{ name: 'a', value: '1', secure: 1 }]),
  'a cookie for HTTP only by no boolean': setsCookies([{ name: 'a', value: '1', httponly: 'x' }]),

  // --- bad handshakes
  'no key': refuses({ 'Sec-WebSocket-Key': '' }),
  'no version': refuses({ 'Sec-WebSocket-Version': '' }),
  'a version that is no number': refuses({ 'Sec-WebSocket-Version': 'x' }),
  'another version': refuses({ 'Sec-WebSocket-Version': '7' }),
  'nobody listens for requests': async stage => {
    const { port } = await stage.serve({})
    const raw = await stage.raw(port)
    await raw.head()
    await raw.over()
  },

  // --- servers
  'a server without an HTTP server': throwing(library => new library.server({} as never)),
  'a server that accepts by itself': async stage => {
    const { port, server } = await stage.serve({ autoAcceptConnections: true })
    const raw = await stage.raw(port, {
      headers: { 'Sec-WebSocket-Protocol': 'A, B', Origin: 'http://a.example' },
    })
    await raw.head()
    stage.note('server', server.connections.length, server.pendingRequests.length)
  },
  'a broadcast': async stage => {
    const { server, port } = await stage.serve({}, request => request.accept())
    const peers = [await stage.raw(port), await stage.raw(port)]
    for (const raw of peers) await raw.head()
    server.broadcast('文字')
    server.broadcast(Buffer.from([1, 2]))
    server.broadcastUTF('text')
    server.broadcastBytes(Buffer.from([3]))
    for (const raw of peers) await raw.frames(4)
  },
  'an end in order': async stage => {
    const requests: WebSocketRequest[] = []
    const { server, port, http } = await stage.serve({}, request => {
      requests.push(request)
      if (requests.length === 1) request.accept()
    })
    const first = await stage.raw(port)
    await first.head()
    const requested = once(server, 'request')
    const second = await stage.raw(port)
    await requested
    stage.note('server', server.connections.length, server.pendingRequests.length)
    const closed = once(server, 'close')
    server.shutDown()
    stage.note('server', 'listeners', http.listenerCount('upgrade'))
    await first.frames()
    first.send(closeFrame(1000))
    first.end()
    await closed
    await first.over()
    await second.head()
    await second.over()
    stage.note('server', server.connections.length, server.pendingRequests.length)
  },
  'a client that is gone before it is accepted': async stage => {
    const { server, port } = await stage.serve({}, () => {})
    const requested = once(server, 'request')
    const raw = await stage.raw(port)
    const [request] = (await requested) as [WebSocketRequest]
    // Without it theirs ends the process.
    request.socket.on('error', () => {})
    const gone = new Promise(resolve => request.socket.on('close', resolve))
    raw.socket.resetAndDestroy()
    await gone
    const connection = stage.watch('connection', request.accept())
    stage.note('caller', connection.connected, connection.state)
    await once(connection, 'close')
  },

  // --- messages
  'messages both ways': async stage => {
    const { raw, connection } = await stage.accepted()
    connection.sendUTF('text 文字')
    connection.sendBytes(Buffer.from([0, 255]))
    connection.send('sent')
    connection.send(Buffer.from('bytes'))
    connection.send(12345)
    connection.send({ toString: () => 'an object' })
    connection.sendUTF('')
    await raw.frames(7)
    const received = new Promise<void>(resolve => {
      let count = 0
      connection.on('message', () => ++count === 4 && resolve())
    })
    raw.send(text('Hello 世界'), rawFrame('82', Buffer.from([1, 2, 3])), text(''), rawFrame('82'))
    await received
  },
  'callbacks of sends': async stage => {
    const { raw, connection } = await stage.accepted()
    const frame = new stage.library.frame(connection.maskBytes, connection.frameHeader, connection.config)
    Object.assign(frame, { opcode: 2, fin: true, binaryPayload: Buffer.from('raw') })
    await Promise.all(
      [
        (done: () => void) => connection.sendUTF('a', done),
        (done: () => void) => connection.sendBytes(Buffer.alloc(100_000), done),
        (done: () => void) => connection.send('c', done),
        (done: () => void) => connection.sendFrame(frame, done),
      ].map(send => new Promise<void>(resolve => send(resolve))),
    )
    stage.note('caller', 'all called')
    await raw.frames(1 + 7 + 2)
  },
  'a message that is not a Buffer': async stage => {
    const { connection } = await stage.accepted()
    stage.attempt('caller', () => connection.sendBytes('text' as never))
    stage.attempt('caller', () => connection.sendBytes(new Uint8Array(1) as never))
  },
  'long messages go out in fragments': async stage => {
    const { raw, connection } = await stage.accepted({ fragmentationThreshold: 1000 })
    connection.sendUTF('x'.repeat(2_500))
    connection.sendBytes(Buffer.alloc(1_000, 'y'))
    connection.sendBytes(Buffer.alloc(2_000, 'z'))
    connection.sendUTF('字'.repeat(400))
    await raw.frames(3 + 1 + 2 + 2)
  },
  'long messages go out whole where they may not be fragmented': async stage => {
    const { raw, connection } = await stage.accepted({ fragmentOutgoingMessages: false })
    connection.sendBytes(Buffer.alloc(100_000, 'y'))
    connection.sendUTF('x'.repeat(70_000))
    await raw.frames(2)
  },
  'fragments become messages, with pings between them': async stage => {
    const { raw, connection } = await stage.accepted()
    const received = new Promise<void>(resolve => {
      let count = 0
      connection.on('message', () => ++count === 2 && resolve())
    })
    const [first, second] = [Buffer.from('世界').subarray(0, 2), Buffer.from('世界').subarray(2)]
    raw.send(rawFrame('01', first), rawFrame('89', 'ping'), rawFrame('00', ''), rawFrame('80', second))
    raw.send(rawFrame('02', 'ab'), rawFrame('80', 'cd'))
    await received
    await raw.frames()
  },
  'frames come one by one where they are not to be assembled': async stage => {
    const { server, raw, connection } = await stage.accepted({ assembleFragments: false })
    raw.send(rawFrame('01', 'a'), rawFrame('89', '?'), rawFrame('80', 'b'), rawFrame('82', 'c'))
    const closed = once(server, 'close')
    connection.on('ping', (_cancel, payload) => stage.note('connection', 'ping', payload))
    raw.send(rawFrame('8a', '!'), closeFrame(4001, 'bye'))
    await raw.frames(2)
    await raw.over()
    raw.end()
    await closed
  },
  'a frame of its own': async stage => {
    const { raw, connection } = await stage.accepted()
    const make = (facts: object) => {
      const { maskBytes, frameHeader, config } = connection
      return Object.assign(new stage.library.frame(maskBytes, frameHeader, config), facts)
    }
    connection.sendFrame(make({ opcode: 1, fin: false, binaryPayload: Buffer.from('a') }))
    connection.sendFrame(make({ opcode: 0, fin: true, binaryPayload: Buffer.from('b') }))
    connection.fragmentAndSend(make({ opcode: 2, binaryPayload: Buffer.alloc(20_000) }))
    stage.attempt('caller', () => connection.fragmentAndSend(make({ opcode: 9 })))
    connection.sendFrame(make({ opcode: 9, fin: true }))
    connection.sendFrame(make({ opcode: 8, fin: true, closeStatus: 1001, binaryPayload: Buffer.from('x') }))
    await raw.frames(6)
  },
  'pause and resume': async stage => {
    const { raw, connection } = await stage.accepted()
    const message = once(connection, 'message')
    connection.on('pause', () => stage.note('connection', 'pause', connection.inputPaused))
    await new Promise<void>(resolve => {
      connection.once('resume', resolve)
      connection.pause()
      connection.resume()
    })
    connection.pause()
    connection.on('resume', () => stage.note('connection', 'resume', connection.inputPaused))
    raw.send(text('waited'))
    await new Promise(resolve => raw.socket.write('', resolve))
    stage.note('connection', 'still paused', connection.inputPaused)
    connection.resume()
    await message
  },
  'pause before anything can come': async stage => {
    const { raw, connection, port } = await stage.accepted({}, {}, it => it.pause())
    raw.send(text('waited'))
    // By the time that another client has been answered, this one has been heard.
    for (let count = 0; count < 3; count++) await (await stage.raw(port)).head()
    stage.note('connection', 'resumes')
    const message = once(connection, 'message')
    connection.resume()
    await message
  },
  'a slow reader': async stage => {
    const { raw, connection } = await stage.accepted()
    raw.socket.pause()
    const { maskBytes, frameHeader, config } = connection
    const frame = new stage.library.frame(maskBytes, frameHeader, config)
    Object.assign(frame, { opcode: 2, fin: true, binaryPayload: Buffer.alloc(8_000_000) })
    stage.note('caller', connection.sendFrame(frame), connection.outputBufferFull)
    const drained = once(connection, 'drain')
    raw.socket.resume()
    await drained
    stage.note('caller', connection.outputBufferFull)
  },

  // --- pings
  'pings and pongs': async stage => {
    const { raw, connection } = await stage.accepted()
    connection.ping('text')
    connection.ping(Buffer.from('bytes'))
    connection.ping(undefined as never)
    connection.ping('x'.repeat(200))
    connection.pong(Buffer.from('pong'))
    connection.pong(Buffer.alloc(126))
    await raw.frames(6)
    const pong = once(connection, 'pong')
    raw.send(rawFrame('89', 'one'), rawFrame('89'), rawFrame('8a', 'unasked'))
    await raw.frames(2)
    await pong
  },
  'a ping that the program answers itself': async stage => {
    const { raw, connection } = await stage.accepted()
    connection.on('ping', (cancel, payload) => {
      stage.note('connection', 'ping', payload)
      if (payload.toString() === 'cancel') cancel()
    })
    raw.send(rawFrame('89', 'cancel'), rawFrame('89', 'answer'))
    await raw.frames()
  },
  'keepalive pings, and drops who does not answer': async stage => {
    const config = { keepalive: true, keepaliveInterval: 30, keepaliveGracePeriod: 30 }
    const { server, raw } = await stage.accepted(config)
    const closed = once(server, 'close')
    await raw.frames()
    await Promise.all([closed, raw.over()])
  },
  'keepalive pings again and again who does not answer, where nobody is dropped': async stage => {
    const config = { keepalive: true, keepaliveInterval: 10, dropConnectionOnKeepaliveTimeout: false }
    const { raw } = await stage.accepted(config)
    await raw.frames(3)
  },
  'keepalive keeps who answers': async stage => {
    const config = { keepalive: true, keepaliveInterval: 20, keepaliveGracePeriod: 2_000 }
    const { raw, connection } = await stage.accepted(config)
    for (let count = 0; count < 3; count++) {
      await raw.frames()
      const pong = once(connection, 'pong')
      raw.send(rawFrame('8a'))
      await pong
    }
  },
  'keepalive without an interval': answersWith({ keepalive: true, keepaliveInterval: 'x' }),
  'keepalive without a grace period': answersWith({ keepalive: true, keepaliveGracePeriod: 'x' }),
  'keepalive of TCP': async stage => {
    const { raw, connection } = await stage.accepted({ keepalive: true, useNativeKeepalive: true })
    connection.sendUTF('a')
    await raw.frames()
  },

  // --- closing
  'close without arguments': isClosed(connection => connection.close()),
  'close with a code': isClosed(connection => connection.close(1001)),
  'close with code and description': isClosed(connection => connection.close(4000, 'enough 够')),
  'close with a code that has no description': isClosed(connection => connection.close(3000)),
  'close twice': isClosed(connection => {
    connection.close(4000, 'first')
    connection.close(4001, 'second')
  }),
  'close behind messages': async stage => {
    const { server, raw, connection } = await stage.accepted()
    const closed = once(server, 'close')
    connection.sendUTF('x'.repeat(40_000))
    connection.close()
    await raw.frames(4)
    raw.send(text('late'), closeFrame(1000))
    raw.end()
    await Promise.all([closed, raw.over()])
  },
  'close with codes that may not be sent': async stage => {
    const { connection } = await stage.accepted()
    for (const code of [0, 999, 1004, 1005, 1006, 1016, 2999, 5000]) {
      stage.attempt('caller', () => connection.close(code))
    }
    stage.note('caller', connection.connected)
  },
  'drop without arguments': isDropped(connection => connection.drop()),
  'drop with code and description': isDropped(connection => connection.drop(4000, 'go')),
  'drop without a close frame': isDropped(connection => connection.drop(1006, 'gone', true)),
  'drop behind a message': async stage => {
    const { server, raw, connection } = await stage.accepted()
    const closed = once(server, 'close')
    connection.sendUTF('last words')
    connection.drop(1011)
    await raw.frames(2)
    await Promise.all([closed, raw.over()])
  },
  'drop after close': isDropped(connection => {
    connection.close(1000)
    connection.drop(1002)
  }),
  'the peer closes with a code': closes(closeFrame(1000)),
  'the peer closes with code and reason': closes(closeFrame(4000, 'bye 再见')),
  'the peer closes without a code': closes(rawFrame('88')),
  'the peer closes with a body of one byte': closes(rawFrame('88', 'x')),
  'the peer closes with a code that may not be sent': closes(closeFrame(1005)),
  'the peer closes with a code that nobody has defined': closes(closeFrame(2500)),
  'the peer closes behind a message': closes(text('last'), closeFrame(1001)),
  'the peer closes, and goes on': closes(closeFrame(1000), text('more')),
  'the program cuts the socket': isDropped(connection => {
    connection.socket.destroy()
  }),
  'the program ends the socket': async stage => {
    const { server, raw, connection } = await stage.accepted()
    const closed = once(server, 'close')
    connection.sendUTF('last')
    connection.socket.write('')
    await raw.frames()
    connection.socket.end()
    await raw.over()
    raw.end()
    await closed
  },
  'several servers of HTTP': async stage => {
    const { http, server, port } = await stage.serve({}, request => request.accept())
    const other = await stage.serve({})
    other.server.unmount()
    server.unmount()
    server.mount({ httpServer: [http, other.http], keepalive: false })
    for (const one of [port, other.port]) {
      const raw = await stage.raw(one)
      await raw.head()
    }
    stage.note('server', server.connections.length, Object.keys(server._handlers))
  },
  'the peer ends TCP': async stage => {
    const { server, raw } = await stage.accepted()
    const closed = once(server, 'close')
    raw.end()
    await Promise.all([closed, raw.over()])
  },
  'the peer resets TCP': async stage => {
    const { server, raw, connection } = await stage.accepted()
    const closed = once(server, 'close')
    connection.sendUTF('a')
    await raw.frames()
    raw.socket.resetAndDestroy()
    await closed
  },
  'sends after the end': async stage => {
    const { server, raw, connection } = await stage.accepted()
    const closed = once(server, 'close')
    raw.end()
    await closed
    const error = await new Promise<Error | undefined>(resolve => connection.sendUTF('late', resolve))
    stage.note('caller', error)
    connection.close()
    connection.ping('late')
    stage.note('caller', connection.connected, connection.state, connection.closeReasonCode)
  },

  // --- input that breaks a rule or a limit
  'text that is not UTF-8': drops({}, rawFrame('81', Buffer.from([0xff]))),
  'text in fragments that is not UTF-8': drops({}, rawFrame('01', 'a'), rawFrame('80', Buffer.from([0xc0]))),
  'a close reason that is not UTF-8': drops({}, rawFrame('88', Buffer.from([0x03, 0xe8, 0xff, 0xff]))),
  'a frame over the limit': drops({ maxReceivedFrameSize: 10 }, text('x'.repeat(11))),
  'a frame over the default limit': drops({}, text('x'.repeat(65_537))),
  'a message over the limit': drops(
    { maxReceivedMessageSize: 10, maxReceivedFrameSize: 8 },
    rawFrame('01', 'x'.repeat(6)),
    rawFrame('80', 'x'.repeat(5)),
  ),
  'a message in one frame is bound by the frame limit only': async stage => {
    const { raw, connection } = await stage.accepted({ maxReceivedMessageSize: 10 })
    const message = once(connection, 'message')
    raw.send(text('x'.repeat(50)))
    await message
  },
  'a length of 64 bits': drops({}, ['81 7f 00 00 00 01 00 00 00 00', 'x']),
  'a reserved bit': drops({}, rawFrame('c1', 'a')),
  'a reserved opcode': drops({}, rawFrame('83', 'a')),
  'a reserved control opcode': drops({}, rawFrame('8b', 'a')),
  'a ping in fragments': drops({}, rawFrame('09', 'a')),
  'a ping that is too long': drops({}, rawFrame('89', 'x'.repeat(126))),
  'a continuation of nothing': drops({}, rawFrame('80', 'a')),
  'a new message before the last has ended': drops({}, rawFrame('01', 'a'), rawFrame('81', 'b')),

  // --- clients
  'a client asks': requests('/path?query=1'),
  'a client asks with everything': requests('/', ['a', 'Chat'], 'http://a.example', { 'X-Own': 'yes' }, {}),
  'a client asks with one subprotocol, and no origin': requests('/', 'Chat', null, { Host: 'other.example' }),
  'a client of version 8': async stage => {
    const port = await stage.rawServer(raw => void raw.answer())
    const client = new stage.library.client({ webSocketVersion: 8 })
    client.connect(`ws://127.0.0.1:${port}`, [], 'http://a.example')
    await once(client, 'connect')
  },
  'a client of another version': throwing(library => new library.client({ webSocketVersion: 7 })),
  'a client without a protocol in the URL': throwing(library => new library.client().connect('/path')),
  'a client without a host in the URL': throwing(library => new library.client().connect('ws:path')),
  'a client with a bad subprotocol': throwing(library =>
    new library.client().connect('ws://127.0.0.1:1/', ['a', 'b c']),
  ),
  'a client that is refused': failsToConnect({ 'X-Why': 'because' }, '401 Unauthorized'),
  'a client whose answer says no Connection': failsToConnect({ Connection: 'close' }),
  'a client whose answer says another Upgrade': failsToConnect({ Upgrade: 'other' }),
  'a client whose answer has no proof': failsToConnect({ 'Sec-WebSocket-Accept': '' }),
  'a client whose answer has a wrong proof': failsToConnect({ 'Sec-WebSocket-Accept': 'x' }),
  'a client that gets no subprotocol': failsToConnect({}, undefined, ['a']),
  'a client that gets another subprotocol': failsToConnect({ 'Sec-WebSocket-Protocol': 'b' }, undefined, [
    'a',
  ]),
  'a client that looks at the answer itself': async stage => {
    const port = await stage.rawServer(raw => void raw.answer({ 'Content-Length': '0' }, '403 Forbidden'))
    const client = new stage.library.client()
    client.on('connectFailed', error => stage.note('client', 'failed', error))
    client.connect(`ws://127.0.0.1:${port}/`)
    const [response, itself] = await once(client, 'httpResponse')
    stage.note('client', response.statusCode, itself === client)
  },
  'a client that cannot connect': async stage => {
    const { port, http } = await stage.serve({})
    await new Promise(resolve => http.close(resolve))
    const client = new stage.library.client()
    client.connect(`ws://127.0.0.1:${port}/`)
    const [error] = await once(client, 'connectFailed')
    stage.note('client', error, error.code)
  },
  'a client that gives up': async stage => {
    const client = new stage.library.client()
    const port = await stage.rawServer(() => client.abort())
    client.connect(`ws://127.0.0.1:${port}/`)
    const [error] = await once(client, 'connectFailed')
    stage.note('client', error, error.code)
    client.abort()
  },
  'a client sends and receives': async stage => {
    const { raw, connection } = await stage.connected({ fragmentationThreshold: 1000 })
    connection.sendUTF('text 文字')
    connection.sendBytes(Buffer.alloc(1_500, 'y'))
    connection.ping('?')
    await raw.frames(4)
    const message = once(connection, 'message')
    raw.send(rawFrame('01', 'a'), rawFrame('89', '?'), rawFrame('80', 'b'))
    await message
    await raw.frames()
  },
  'what comes right behind the answer to a client': async stage => {
    const port = await stage.rawServer(raw => {
      raw.socket.cork()
      void raw.answer().then(() => {
        raw.send(text('first'))
        raw.socket.uncork()
      })
    })
    const client = new stage.library.client()
    await new Promise<void>(resolve => {
      client.on('connect', connection => stage.watch('connection', connection).on('message', () => resolve()))
      client.connect(`ws://127.0.0.1:${port}/`)
    })
  },
  'a client closes': async stage => {
    const { raw, connection } = await stage.connected()
    const closed = once(connection, 'close')
    connection.close(1001, 'leaving')
    await raw.frames()
    raw.send(closeFrame(1001))
    raw.end()
    await Promise.all([closed, raw.over()])
  },
  'a client is closed': async stage => {
    const { raw, connection } = await stage.connected({ closeTimeout: 600_000 })
    const closed = once(connection, 'close')
    raw.send(closeFrame(4002, 'enough'))
    await raw.frames()
    await raw.over()
    raw.end()
    await closed
  },
  'a client gets a frame over its limit': async stage => {
    const { raw, connection } = await stage.connected({ maxReceivedFrameSize: 10 })
    const closed = once(connection, 'close')
    raw.send(text('x'.repeat(11)))
    await raw.frames()
    await Promise.all([closed, raw.over()])
  },

  'a client and a server over TLS': async stage => {
    const { cert, key } = await certificate
    const { client, port } = await stage.serveTls({ cert, key })
    const connected = once(client, 'connect')
    client.connect(`wss://127.0.0.1:${port}/`, 'chat')
    const [connection] = (await connected) as [WebSocketConnection]
    stage.watch('connection', connection)
    const message = once(connection, 'message')
    connection.sendBytes(Buffer.alloc(100_000, 'a'))
    await message
    const closed = once(connection, 'close')
    connection.close(4000, 'done')
    await closed
  },

  // --- router
  'a router': async stage => {
    const { port, server } = await stage.serve({})
    const router = new stage.library.router({ server })
    const accept =
      (name: string) => (request: { protocol: string | null; accept: (origin: string) => unknown }) => {
        stage.note('router', name, request.protocol)
        request.accept('http://a.example')
      }
    router.mount('/chat', 'chat', accept('chat'))
    router.mount('/any', '*', accept('any'))
    router.mount(/^\/r\d+$/, null, accept('expression'))
    router.mount('*', 'b', request => {
      stage.note('router', 'rejects', request.resource, request.protocol)
      request.reject(403, 'no', { 'X-Why': 'x' })
    })
    const tries: [path: string, protocols: string][] = [
      ['/chat?x', 'CHAT'],
      ['/chat', ''],
      ['/any', ''],
      ['/any', 'x, y'],
      ['/r5', ''],
      ['/r5', 'chat'],
      ['/elsewhere', 'a, b'],
    ]
    for (const [path, protocols] of tries) {
      const raw = await stage.raw(port, { path, headers: { 'Sec-WebSocket-Protocol': protocols } })
      await raw.head()
    }
    router.unmount('/chat', 'chat')
    router.detachServer()
    stage.note('router', router.handlers.length, server.listenerCount('request'))
  },
  'a router that is used wrongly': async stage => {
    const router = new stage.library.router()
    const nothing = (): void => {}
    stage.attempt('caller', () => router.attachServer(undefined as never))
    stage.attempt('caller', () => router.detachServer())
    stage.attempt('caller', () => router.mount('', null, nothing))
    stage.attempt('caller', () => router.mount('/', null, undefined as never))
    stage.attempt('caller', () => router.mount(5 as never, null, nothing))
    stage.attempt('caller', () => router.mount('/a.b', 'X', nothing))
    stage.attempt('caller', () => router.mount('/a.b', 'x', nothing))
    stage.attempt('caller', () => router.unmount('/', 'x'))
    stage.note(
      'router',
      router.handlers.map(({ pathString, protocol }) => [pathString, protocol]),
    )
  },

  // --- w3cwebsocket
  'a W3C client': w3c(async (stage, socket, server) => {
    const open = messageOf(socket, 'open')
    stage.attempt('caller', () => socket.send('early'))
    await open
    stage.note('socket', socket.readyState, socket.protocol, socket.extensions)
    for (const data of ['text', Buffer.from('bytes'), new Uint8Array([1, 2]).buffer, new Uint16Array([3])]) {
      const message = messageOf(socket, 'message')
      socket.send(data)
      await message
    }
    stage.attempt('caller', () => socket.send({} as never))
    stage.attempt('caller', () => {
      socket.binaryType = 'blob' as never
    })
    const closed = Promise.all([messageOf(socket, 'close'), once(server, 'close')])
    socket.close(4000, 'done')
    stage.note('socket', socket.readyState)
    await closed
    socket.close()
    const { w3cwebsocket } = stage.library
    const { CONNECTING, OPEN, CLOSING, CLOSED } = w3cwebsocket
    stage.note('socket', CONNECTING, OPEN, CLOSING, CLOSED, socket.CLOSED, w3cwebsocket.name)
  }),
  'a W3C client that closes without a code': w3c(async (_stage, socket, server) => {
    await messageOf(socket, 'open')
    const closed = Promise.all([messageOf(socket, 'close'), once(server, 'close')])
    socket.close()
    await closed
  }),
  'a W3C client that closes before it is open': w3c(async (stage, socket) => {
    const closed = messageOf(socket, 'close')
    socket.close(4000, 'never mind')
    await closed
    stage.note('socket', socket.readyState)
  }),
  'a W3C client that cannot connect': async stage => {
    const { port, http } = await stage.serve({})
    await new Promise(resolve => http.close(resolve))
    const socket = new stage.library.w3cwebsocket(`ws://127.0.0.1:${port}/`)
    const closed = messageOf(socket, 'close')
    socket.onerror = () => stage.note('socket', 'error', socket.readyState)
    const { code, reason, wasClean } = (await closed) as { code: number; reason: string; wasClean: boolean }
    stage.note('socket', code, reason, wasClean)
  },
  'listeners of a W3C client': w3c(async (stage, socket) => {
    await messageOf(socket, 'open')
    const listener = (event: { data: unknown; target?: unknown }): void =>
      stage.note('socket', 'listener', event.data, event.target === socket)
    const other = (): void => stage.note('socket', 'other')
    socket.addEventListener('message', listener)
    socket.addEventListener('message', listener)
    socket.addEventListener('message', other)
    socket.removeEventListener('message', other)
    const message = messageOf(socket, 'message')
    socket.send('a')
    await message
    stage.note('socket', socket.dispatchEvent({ type: 'message', data: 'own' } as never))
    stage.attempt('caller', () => socket.dispatchEvent({} as never))
  }),

  // --- the rest
  'frames as bytes': async stage => {
    for (const facts of [
      { opcode: 1, fin: true, binaryPayload: Buffer.from('Hello') },
      { opcode: 2, fin: false, rsv1: true, binaryPayload: Buffer.alloc(300, 'a') },
      { opcode: 9, fin: true, rsv2: true, rsv3: true },
      { opcode: 2, fin: true, mask: true, binaryPayload: Buffer.alloc(70_000, 'b') },
      { opcode: 8, fin: true, closeStatus: 1000, binaryPayload: Buffer.from('bye') },
      { opcode: 8, fin: true, closeStatus: 1001 },
    ]) {
      const frame = new stage.library.frame(Buffer.alloc(4), Buffer.alloc(10), {})
      Object.assign(frame, facts)
      stage.note('frame', frame.toBuffer(true), frame.length, frame.toString())
    }
  },
  'the module': async stage => {
    const { library } = stage
    stage.note('module', Object.keys(library).sort(), library.version)
    stage.note(
      'module',
      Object.values(library).map(it => (typeof it === 'function' ? it.name : typeof it)),
    )
    const { connection, deprecation } = library
    const statics = Object.entries(connection).filter(([name]) => name.startsWith('CLOSE_'))
    stage.note('module', Object.fromEntries(statics), Object.keys(deprecation))
  },
  'the defaults': async stage => {
    const { server } = await stage.serve({})
    const { httpServer, ...config } = server.config as { httpServer: unknown[] }
    stage.note('server', config, httpServer.length)
    stage.note('client', new stage.library.client().config)
  },
}

/** The error that accepting throws with this configuration. */
function answersWith(config: object): Script {
  return async stage => {
    const { server, port } = await stage.serve(config as never, request => {
      stage.attempt('caller', () => request.accept())
    })
    const requested = once(server, 'request')
    await stage.raw(port)
    await requested
  }
}

describe.each(Object.entries(scripts))('%s', (_name, script) => {
  test('is the same for both', async () => {
    const expected = await perform(theirs as unknown as Library, script)
    expect(Object.keys(expected)).not.toEqual([])
    expect(await perform(ours, script)).toEqual(expected)
  })
})
