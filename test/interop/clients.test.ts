import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { runChild } from '@bothways/test-support/child'
import { type Chromium, launchChromium } from '@bothways/test-support/chromium'
import { WebSocket as BothwaysWebSocket, createServer, type Server } from 'bothways'
import { Agent, WebSocket as UndiciWebSocket } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import websocket from 'websocket'
import { WebSocket as WsWebSocket } from 'ws'
import { bun, deno } from '../../tools/lib/runtimes.mjs'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { printMatrix, record } from './matrix.ts'
import { answer, converse, type Report } from './peers/conversation.mjs'

const servers: Server[] = []
const urls: Record<string, string> = {}
/** The ends of the connections as our server saw them, in their order. */
const ended: { code: number; reason: string; extensions: string }[] = []
let certificate: Certificate
let chromium: Chromium

async function serve(
  compression: 'plain' | 'shared' | 'takeover',
  isTls: boolean,
  transport: 'auto' | 'stream' = 'auto',
): Promise<string> {
  const server = createServer({
    origins: '*',
    transport,
    compression:
      compression === 'plain'
        ? false
        : compression === 'shared'
          ? true
          : { contextTakeover: true, peerContextTakeover: true },
  })
  server.route('/', {
    protocols: ['a'],
    message: answer,
    close: ({ extensions }, code, reason) => void ended.push({ code, reason, extensions }),
  })
  servers.push(server)
  return (await server.listen(isTls ? { tls: { cert: certificate.cert, key: certificate.key } } : {})).url
}

beforeAll(async () => {
  certificate = await makeCertificate()
  chromium = await launchChromium({ args: ['--ignore-certificate-errors'] })
  urls['ws plain'] = await serve('plain', false)
  urls['ws shared'] = await serve('shared', false)
  urls['ws plain, by streams'] = await serve('plain', false, 'stream')
  urls['ws shared, by streams'] = await serve('shared', false, 'stream')
  urls['ws takeover'] = await serve('takeover', false)
  urls['wss shared'] = await serve('shared', true)
})
afterAll(async () => {
  printMatrix('Clients of others at our server')
  await chromium.close()
  for (const server of servers) await server.close({ timeoutMs: 500 })
})

const protocols = ['b', 'a']
const tls = { rejectUnauthorized: false }

const clients: Record<string, (url: string, isDeflated: boolean) => Promise<Report>> = {
  ws: (url, perMessageDeflate) =>
    converse(() => new WsWebSocket(url, protocols, { perMessageDeflate, ...tls }), {
      ping: socket =>
        new Promise(resolve => {
          socket.once('pong', () => resolve())
          socket.ping('are you there')
        }),
      sendFragments: (socket, pieces) => {
        pieces.forEach((piece, at) => {
          socket.send(piece, { fin: at === pieces.length - 1 })
        })
      },
    }),
  websocket: url =>
    converse(
      () => new websocket.w3cwebsocket(url, protocols, undefined, undefined, undefined, { tlsOptions: tls }),
      { cannotEmptyText: true, cannotTellClean: true },
    ),
  undici: url =>
    converse(() => new UndiciWebSocket(url, { protocols, dispatcher: new Agent({ connect: tls }) })),
  'python3-websockets': async (url, isDeflated) =>
    JSON.parse(
      await runChild(systemPrograms().python, [
        'test/interop/peers/client.py',
        url,
        isDeflated ? 'deflate' : 'plain',
      ]),
    ),
  bun: async url => JSON.parse(await runChild(bun, ['test/interop/peers/client.mjs', url])),
  deno: async url =>
    JSON.parse(
      await runChild(deno, [
        ...['run', '--quiet', '--allow-net', '--unsafely-ignore-certificate-errors=127.0.0.1'],
        ...['test/interop/peers/client.mjs', url],
      ]),
    ),
  chromium: async url => {
    const page = await chromium.context.newPage()
    try {
      return await page.evaluate(`(${converse})(() => new WebSocket('${url}', ['b', 'a']))`)
    } finally {
      await page.close()
    }
  },
  bothways: (url, compression) =>
    converse(() => new BothwaysWebSocket(url, protocols, { compression, tls }), {
      ping: async socket => void (await socket.ping('are you there')),
    }),
}

/** The further abilities that the libraries give their programs. */
const abilities: Readonly<Record<string, readonly string[]>> = {
  ws: ['pings', 'fragments'],
  'python3-websockets': ['pings', 'fragments'],
  bun: ['pings'],
  bothways: ['pings'],
}
const neverDeflate = ['websocket', 'deno']

const wheres = [
  'ws plain',
  'ws plain, by streams',
  'ws shared',
  'ws shared, by streams',
  'ws takeover',
  'wss shared',
]

describe.each(wheres)('At our server over %s', where => {
  test.each(Object.entries(clients))('%s gets through the whole conversation', async (name, talk) => {
    ended.length = 0
    const isDeflated = !where.startsWith('ws plain')
    const report = await record(name, where, () => talk(urls[where] ?? '', isDeflated))
    const did = ['answers pings', ...(abilities[name] ?? [])]
    expect(report).toEqual({ protocol: 'a', problems: [], did })
    // A client's answer to 4002 is its own choice: some send no reason, one sends 1000.
    await expect.poll(() => ended).toMatchObject([{ code: 4001, reason: '再见' }, {}])
    const isAgreed = isDeflated && !neverDeflate.includes(name)
    for (const { extensions } of ended) expect(extensions.includes('permessage-deflate')).toBe(isAgreed)
  })
})

describe('A publish that was compressed once, between messages of the connection itself', () => {
  async function publishing(contextTakeover: boolean): Promise<string> {
    const server = createServer({ origins: '*', compression: { contextTakeover, thresholdBytes: 10 } })
    servers.push(server)
    server.route('/', {
      open: socket => socket.subscribe('news'),
      message: (socket, message) => {
        for (let round = 0; round < 30; round++) {
          socket.send(`own ${round} ${message} `.repeat(20))
          server.publish('news', `news ${round} ${message} `.repeat(20))
        }
        socket.send('done')
      },
    })
    return (await server.listen()).url
  }
  const expected = Array.from({ length: 30 }, (_, round) => [
    `own ${round} 你好 `.repeat(20),
    `news ${round} 你好 `.repeat(20),
  ]).flat()

  test.each([true, false])('arrives whole at ws, with context takeover %s', async contextTakeover => {
    const socket = new WsWebSocket(await publishing(contextTakeover))
    const got: string[] = []
    await record('ws', `publish, takeover ${contextTakeover}`, async () => {
      await new Promise<void>((resolve, reject) => {
        socket.on('open', () => socket.send('你好'))
        socket.on('error', reject)
        socket.on('message', data => {
          if (String(data) === 'done') resolve()
          else got.push(String(data))
        })
      })
      return { problems: [] }
    })
    socket.terminate()
    expect(got).toEqual(expected)
  })

  test.each([true, false])('arrives whole in Chromium, with context takeover %s', async contextTakeover => {
    const page = await chromium.context.newPage()
    const url = await publishing(contextTakeover)
    const got = await page.evaluate(
      async ([address = '']) =>
        await new Promise<string[]>((resolve, reject) => {
          // biome-ignore lint/suspicious/noExplicitAny: the browser's own class, which Node's types do not know
          const socket = new (globalThis as any).WebSocket(address)
          const messages: string[] = []
          socket.onopen = () => socket.send('你好')
          socket.onerror = () => reject(new Error('error'))
          socket.onmessage = ({ data }: { data: string }) => {
            if (data === 'done') resolve(messages)
            else messages.push(data)
          }
        }),
      [url],
    )
    await record('chromium', `publish, takeover ${contextTakeover}`, async () => ({ problems: [] }))
    expect(got).toEqual(expected)
  })
})
