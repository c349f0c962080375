import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { Agent, type Server as HttpServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import {
  attachOriginalEngine,
  type EngineAnswer,
  type EngineRequestInit,
  EngineStage,
  type StagedEngine,
} from '@bothways/test-support/engine-stage'
import { describe, expect, test } from 'vitest'
import { attach } from './listen.ts'

/** An answer without the parts that differ each time. */
type Said = readonly [status: number, headers: Readonly<Record<string, unknown>>, body: string]

/** Headers that say when, or how TCP goes on. */
const ignoredHeaders = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

interface Step extends EngineRequestInit {
  /** `{sid}` stands for the session's id. */
  readonly query: string
}

interface Script {
  readonly name: string
  readonly options?: object
  /** Opens a session with this query first; its answer is compared too. */
  readonly opens?: string
  readonly steps: readonly Step[]
}

function said({ status, headers, body, bytes }: EngineAnswer, sid: string): Said {
  // The original does not know how long a compressed body will be.
  const isCompressed = headers['content-encoding'] !== undefined
  const compared = Object.entries(headers).filter(
    ([name]) => !ignoredHeaders.has(name) && !(isCompressed && name === 'content-length'),
  )
  const text = headers['content-type'] === 'application/octet-stream' ? bytes.toString('hex') : body
  const anonymous = sid === '' ? text : text.replaceAll(sid, 'SID')
  return [
    status,
    Object.fromEntries(compared.map(([name, value]) => [name, String(value).replaceAll(sid || '\0', 'SID')])),
    anonymous,
  ]
}

/** A server's answers, step by step, and the events of its listeners. */
async function play(
  attachTo: (http: HttpServer, options: object) => StagedEngine,
  script: Script,
): Promise<unknown[]> {
  const notes: unknown[] = []
  const engine = await new EngineStage(http =>
    attachTo(http, { allowEIO3: true, ...script.options }),
  ).listen()
  engine.engine.on('connection_error', ({ code, message, context }) => {
    notes.push(['connection_error', code, message, JSON.stringify(context)?.replaceAll(sid || '\0', 'SID')])
  })
  engine.engine.on('connection', socket => {
    socket.on('message', (data: string | Buffer) => socket.send(data))
    socket.on('close', (reason: string, description?: Error) =>
      notes.push(['close', reason, description?.message]),
    )
  })
  let sid = ''
  if (script.opens !== undefined) {
    const answer = await engine.ask(script.opens)
    sid = /"sid":"([^"]+)"/.exec(answer.body)?.[1] ?? ''
    notes.push(said(answer, sid))
  }
  const agent = new Agent({ keepAlive: true })
  for (const { query, ...init } of script.steps) {
    const answer = await engine.ask(query.replace('{sid}', sid), { agent, ...init })
    notes.push(said(answer, sid))
  }
  agent.destroy()
  return notes
}

const post = (query: string, body: string | Buffer, headers: Record<string, string> = {}): Step => ({
  query,
  method: 'POST',
  body,
  headers,
})
const v4 = 'EIO=4&transport=polling'
const v3 = 'EIO=3&transport=polling'
const here = `${v4}&sid={sid}`
const here3 = `${v3}&sid={sid}`
const from = (origin: string, headers: Record<string, string> = {}): Record<string, string> => ({
  origin,
  ...headers,
})
const long = 'x'.repeat(3000)

const scripts: Script[] = [
  { name: 'handshake 4', opens: v4, steps: [] },
  { name: 'handshake 3', opens: v3, steps: [] },
  { name: 'handshake 3 in base64', opens: `${v3}&b64=1`, steps: [] },
  { name: 'handshake without version', opens: 'transport=polling', steps: [] },
  { name: 'handshake with a first message', options: { initialPacket: 'hello' }, opens: v4, steps: [] },
  {
    name: 'handshake with other intervals',
    options: { pingInterval: 1e5, pingTimeout: 7, maxHttpBufferSize: 99 },
    opens: v4,
    steps: [],
  },
  { name: 'handshake without upgrades', options: { allowUpgrades: false }, opens: v4, steps: [] },
  { name: 'handshake without WebSocket', options: { transports: ['polling'] }, opens: v4, steps: [] },
  { name: 'handshake without polling', options: { transports: ['websocket'] }, steps: [{ query: v4 }] },
  {
    name: 'handshake of an old browser',
    steps: [{ query: `${v4}&sid=x`, headers: { 'user-agent': 'Trident/7.0' } }],
  },
  {
    name: 'polls of an old browser',
    opens: v4,
    steps: [{ ...post(here, '4hi'), headers: { 'user-agent': 'Mozilla;MSIE 9' } }],
  },
  { name: 'version 3 not allowed', options: { allowEIO3: false }, steps: [{ query: v3 }] },
  { name: 'no version not allowed', options: { allowEIO3: false }, steps: [{ query: 'transport=polling' }] },
  {
    name: 'odd version not allowed',
    options: { allowEIO3: false },
    steps: [{ query: 'EIO=5&transport=polling' }],
  },
  { name: 'no transport', steps: [{ query: 'EIO=4' }] },
  { name: 'unknown transport', steps: [{ query: 'EIO=4&transport=pigeon' }] },
  { name: 'transport of every object', steps: [{ query: 'EIO=4&transport=constructor' }] },
  { name: 'WebTransport', steps: [{ query: 'EIO=4&transport=webtransport' }] },
  { name: 'WebSocket without upgrade', steps: [{ query: 'EIO=4&transport=websocket' }] },
  { name: 'unknown session', steps: [{ query: `${v4}&sid=nobody` }] },
  { name: 'session of every object', steps: [{ query: `${v4}&sid=__proto__` }] },
  { name: 'empty session', opens: `${v4}&sid=`, steps: [] },
  { name: 'repeated parameters', opens: 'EIO=3&EIO=4&transport=abc&transport=polling', steps: [] },
  { name: 'handshake by POST', steps: [post(v4, '4x')] },
  { name: 'handshake by PUT', steps: [{ query: v4, method: 'PUT' }] },
  { name: 'handshake by OPTIONS', steps: [{ query: v4, method: 'OPTIONS' }] },
  { name: 'handshake by DELETE', steps: [{ query: v4, method: 'DELETE' }] },
  { name: 'PUT to a session', opens: v4, steps: [{ query: here, method: 'PUT' }] },
  {
    name: 'session by another transport',
    opens: v4,
    steps: [{ query: 'EIO=4&transport=websocket&sid={sid}' }],
  },
  { name: 'session by another version', opens: v4, steps: [{ query: here3 }] },
  { name: 'messages 4', opens: v4, steps: [post(here, '4one\x1e4two\x1ebAQID'), { query: here }] },
  { name: 'message beyond the basic plane', opens: v4, steps: [post(here, '4ä€😀'), { query: here }] },
  { name: 'empty message', opens: v4, steps: [post(here, '4'), { query: here }] },
  { name: 'noop, upgrade and open', opens: v4, steps: [post(here, '6\x1e5\x1e0\x1e4x'), { query: here }] },
  { name: 'messages 3', opens: v3, steps: [post(here3, '4:4one4:4two'), { query: here3 }] },
  { name: 'messages 3 beyond the basic plane', opens: v3, steps: [post(here3, '5:4ä€😀'), { query: here3 }] },
  {
    name: 'messages 3 in base64',
    opens: `${v3}&b64=1`,
    steps: [post(here3, '4:4one6:b4AQID'), { query: here3 }],
  },
  { name: 'messages 3 in bytes', opens: v3, steps: [post(here3, '4:4one6:b4AQID'), { query: here3 }] },
  {
    name: 'messages 3 posted in bytes',
    opens: v3,
    steps: [
      post(here3, Buffer.from([0, 4, 255, 52, 195, 164, 120, 1, 1, 255, 4]), {
        'content-type': 'application/octet-stream',
      }),
      { query: here3 },
    ],
  },
  { name: 'ping 3', opens: v3, steps: [post(here3, '1:2'), { query: here3 }] },
  { name: 'pong 4', opens: v4, steps: [post(here, '3'), post(here, '4x'), { query: here }] },
  { name: 'close', opens: v4, steps: [post(here, '1'), { query: here }] },
  { name: 'close 3', opens: v3, steps: [post(here3, '1:1'), { query: here3 }] },
  {
    name: 'body as long as allowed',
    options: { maxHttpBufferSize: 10 },
    opens: v4,
    steps: [post(here, '4123456789'), { query: here }],
  },
  {
    name: 'body too long',
    options: { maxHttpBufferSize: 10 },
    opens: v4,
    steps: [post(here, '41234567890'), post(here, '4x'), { query: here }],
  },
  {
    name: 'body too long in bytes',
    options: { maxHttpBufferSize: 10 },
    opens: v4,
    steps: [post(here, '4€€€€'), post(here, '4x'), { query: here }],
  },
  {
    name: 'compressed',
    opens: v4,
    steps: [post(here, `4${long}`), { query: here, headers: { 'accept-encoding': 'gzip' } }],
  },
  {
    name: 'compressed by the better',
    opens: v4,
    steps: [post(here, `4${long}`), { query: here, headers: { 'accept-encoding': 'gzip;q=0.5, deflate' } }],
  },
  {
    name: 'too short to compress',
    opens: v4,
    steps: [post(here, '4x'), { query: here, headers: { 'accept-encoding': 'gzip' } }],
  },
  {
    name: 'no compression wanted',
    opens: v4,
    steps: [post(here, `4${long}`), { query: here, headers: { 'accept-encoding': 'br, gzip;q=0' } }],
  },
  {
    name: 'no compression given',
    options: { httpCompression: false },
    opens: v4,
    steps: [post(here, `4${long}`), { query: here, headers: { 'accept-encoding': 'gzip' } }],
  },
  { name: 'cookie', options: { cookie: true }, opens: v4, steps: [post(here, '4x'), { query: here }] },
  {
    name: 'cookie without a path',
    // biome-ignore lint/suspicious/noExplicitAny: not in the types of npm's engine.io
    options: { cookie: { path: false } as any },
    opens: v4,
    steps: [],
  },
  {
    name: 'cookie with attributes',
    options: {
      cookie: {
        name: 'my',
        path: '/x',
        maxAge: 60,
        httpOnly: false,
        secure: true,
        sameSite: 'strict',
        domain: 'example.com',
      },
    },
    opens: v4,
    steps: [],
  },
  {
    name: 'cors of any origin',
    options: { cors: {} },
    opens: v4,
    steps: [
      {
        query: v4.replace('4', '4'),
        method: 'OPTIONS',
        headers: from('http://a', { 'access-control-request-headers': 'x-a, x-b' }),
      },
      { ...post(here, '4x'), headers: from('http://a') },
    ],
  },
  {
    name: 'cors of one origin',
    options: { cors: { origin: 'http://a', credentials: true } },
    steps: [
      { query: v4, method: 'OPTIONS', headers: from('http://b') },
      { query: `${v4}&sid=x`, headers: from('http://b') },
    ],
  },
  {
    name: 'cors of some origins',
    options: {
      cors: {
        origin: ['http://a', /\.b$/],
        methods: ['GET', 'POST'],
        allowedHeaders: ['x-1', 'x-2'],
        exposedHeaders: 'x-3',
        maxAge: 5,
      },
    },
    steps: ['http://a', 'http://x.b', 'http://c'].flatMap(origin => [
      { query: v4, method: 'OPTIONS', headers: from(origin) },
      { query: `${v4}&sid=x`, headers: from(origin) },
    ]),
  },
  {
    name: 'cors with headers by their older name',
    options: { cors: { origin: true, headers: ['my-header'], credentials: true } as object },
    steps: [{ query: v4, method: 'OPTIONS', headers: from('http://a') }],
  },
  {
    name: 'cors that reflects',
    options: { cors: { origin: true, optionsSuccessStatus: 200 } },
    steps: [{ query: v4, method: 'OPTIONS', headers: from('http://b') }, { query: `${v4}&sid=x` }],
  },
  {
    name: 'cors that is off',
    options: { cors: { origin: false } },
    steps: [{ query: v4, method: 'OPTIONS', headers: from('http://b') }],
  },
  {
    name: 'cors by a function',
    options: {
      cors: {
        origin: (origin: string, next: (error: null, it: boolean) => void) =>
          next(null, origin === 'http://b'),
      },
    },
    steps: [
      { query: v4, method: 'OPTIONS', headers: from('http://b') },
      { query: v4, method: 'OPTIONS', headers: from('http://c') },
    ],
  },
  {
    name: 'cors that fails',
    options: { cors: { origin: (_: string, next: (error: Error) => void) => next(new Error('no')) } },
    steps: [{ query: v4, headers: from('http://b') }],
  },
  {
    name: 'cors by a delegate',
    options: {
      cors: (request: IncomingMessage, next: (error: null, it: object) => void) =>
        next(null, { origin: request.headers.origin }),
    },
    steps: [{ query: `${v4}&sid=x`, headers: from('http://b') }],
  },
  {
    name: 'cors that lets preflights through',
    options: { cors: { origin: '*', preflightContinue: true } },
    steps: [{ query: v4, method: 'OPTIONS', headers: from('http://b') }],
  },
  {
    name: 'not allowed',
    options: {
      allowRequest: (_: unknown, answer: (error: null, ok: boolean) => void) => answer(null, false),
    },
    steps: [{ query: v4 }],
  },
  {
    name: 'not allowed with a reason',
    options: {
      allowRequest: (_: unknown, answer: (error: string, ok: boolean) => void) => answer('not you', false),
    },
    steps: [{ query: v4 }],
  },
  {
    name: 'allowed',
    options: {
      allowRequest: (_: unknown, answer: (error: null, ok: boolean) => void) =>
        setImmediate(answer, null, true),
    },
    opens: v4,
    steps: [],
  },
  {
    name: 'another path',
    steps: [{ query: '/elsewhere' }, { query: '/engine.io' }, { query: '/engine.iox/' }],
  },
  {
    name: 'a path of its own',
    options: { path: '/my/' },
    steps: [{ query: '/my/?EIO=4' }, { query: '/my?EIO=4' }],
  },
  {
    name: 'a path without slash',
    options: { path: '/my', addTrailingSlash: false },
    steps: [{ query: '/my?EIO=4' }, { query: '/my/?EIO=4' }],
  },
]

describe('A request by long polling is answered as by npm engine.io', () => {
  test.each(scripts)('$name', async script => {
    const expected = await play(attachOriginalEngine, script)
    expect(await play(attach, script)).toEqual(expected)
  })
})

const upgrade = (query: string, headers: Record<string, string> = {}): string => {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET /engine.io/?${query} HTTP/1.1\r\n${lines.join('')}\r\n`
}

const upgrades = [
  { name: 'unknown transport', query: 'EIO=4&transport=abc' },
  { name: 'no transport', query: 'EIO=4' },
  { name: 'unknown session', query: 'EIO=4&transport=websocket&sid=x' },
  {
    name: 'not allowed',
    query: 'EIO=4&transport=websocket',
    options: {
      allowRequest: (_: unknown, answer: (error: null, ok: boolean) => void) => answer(null, false),
    },
  },
  {
    name: 'not allowed with a reason',
    query: 'EIO=4&transport=websocket',
    options: {
      allowRequest: (_: unknown, answer: (error: string, ok: boolean) => void) => answer('not you', false),
    },
  },
  { name: 'accepted', query: 'EIO=4&transport=websocket' },
  { name: 'accepted, version 3', query: 'EIO=3&transport=websocket' },
  { name: 'accepted, cors', query: 'EIO=4&transport=websocket', options: { cors: { origin: 'http://a' } } },
  { name: 'accepted, cookie', query: 'EIO=4&transport=websocket', options: { cookie: true } },
  {
    name: 'accepted, compression',
    query: 'EIO=4&transport=websocket',
    options: { perMessageDeflate: true },
    headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' },
  },
]

describe('A request to upgrade is answered as by npm engine.io', () => {
  test.each(upgrades)('$name', async ({ query, options = {}, headers }) => {
    const answer = async (
      attachTo: (http: HttpServer, options: object) => StagedEngine,
    ): Promise<unknown> => {
      const engine = await new EngineStage(http => attachTo(http, { allowEIO3: true, ...options })).listen()
      const errors: unknown[] = []
      engine.engine.on('connection_error', ({ code, message }) => errors.push([code, message]))
      const socket = connect(Number(new URL(engine.url).port), '127.0.0.1')
      socket.write(upgrade(query, headers))
      let text = ''
      socket.on('data', chunk => {
        text += chunk.toString('latin1')
        // The bytes behind the head are compared elsewhere.
        if (text.startsWith('HTTP/1.1 101 ') && text.includes('\r\n\r\n')) socket.destroy()
      })
      await once(socket, 'close')
      const [head = '', body = ''] = text.split('\r\n\r\n')
      const lines = head.split('\r\n').filter(it => !it.startsWith('Date'))
      return [lines.sort(), head.includes(' 101 ') ? '' : body, errors]
    }
    const expected = await answer(attachOriginalEngine)
    expect(await answer(attach)).toEqual(expected)
  })
})
