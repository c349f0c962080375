import { WebSocket as BothwaysWebSocket, createServer, type Server } from 'bothways'
import { Agent, WebSocket as UndiciWebSocket } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import websocket from 'websocket'
import { WebSocket as WsWebSocket } from 'ws'
import { bun, deno } from '../../tools/runtimes.mjs'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { runChild } from '../support/child.ts'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import { binaries, bytesOf, closeCode, closeReason, texts } from './conversation.ts'
import { printMatrix, record } from './matrix.ts'

/** What a conversation came to. */
interface Report {
  readonly protocol: string | null
  readonly extensions: string
  readonly problems: readonly string[]
}

const servers: Server[] = []
const closes: { code: number; reason: string }[] = []
let certificate: Certificate
let chromium: Chromium
const urls: Record<string, string> = {}

async function serve(compression: 'plain' | 'shared' | 'takeover', isTls: boolean): Promise<string> {
  const server = createServer({
    origins: '*',
    compression:
      compression === 'plain'
        ? false
        : compression === 'shared'
          ? true
          : { contextTakeover: true, peerContextTakeover: true },
  })
  server.route('/', {
    protocols: ['a'],
    message: (socket, message) => void socket.send(message),
    close: (_, code, reason) => void closes.push({ code, reason }),
  })
  servers.push(server)
  return (await server.listen(isTls ? { tls: { cert: certificate.cert, key: certificate.key } } : {})).url
}

beforeAll(async () => {
  certificate = await makeCertificate()
  chromium = await launchChromium({ args: ['--ignore-certificate-errors'] })
  urls['ws plain'] = await serve('plain', false)
  urls['ws shared'] = await serve('shared', false)
  urls['ws takeover'] = await serve('takeover', false)
  urls['wss shared'] = await serve('shared', true)
})
afterAll(async () => {
  printMatrix('Clients of others at our server')
  await chromium.close()
  for (const server of servers) await server.close({ timeoutMs: 500 })
})

/** The conversation by anything that looks like a browser's WebSocket. */
function converse(socket: WebSocketLike, said: readonly string[] = texts): Promise<Report> {
  socket.binaryType = 'arraybuffer'
  const messages = [...said, ...binaries.map(bytesOf)]
  const problems: string[] = []
  let at = 0
  socket.onopen = () => {
    for (const message of messages) socket.send(message)
  }
  socket.onmessage = ({ data }) => {
    const sent = messages[at++]
    const got = typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer)
    const isSame =
      typeof sent === 'string' ? got === sent : sent !== undefined && Buffer.isBuffer(got) && sent.equals(got)
    if (!isSame) problems.push(`message ${at - 1} came back different`)
    if (at === messages.length) socket.close(closeCode, closeReason)
  }
  socket.onerror = event => problems.push(`error: ${String((event as { message?: unknown }).message)}`)
  return new Promise(resolve => {
    socket.onclose = ({ code }) => {
      if (code !== closeCode) problems.push(`closed with ${code}`)
      if (at !== messages.length) problems.push(`${at} of ${messages.length} messages came back`)
      resolve({ protocol: socket.protocol ?? null, extensions: String(socket.extensions ?? ''), problems })
    }
  })
}

interface WebSocketLike {
  binaryType: string
  readonly protocol?: string | undefined
  readonly extensions?: unknown
  onopen: unknown
  onmessage: ((event: { data: unknown }) => unknown) | null
  onclose: ((event: { code: number }) => unknown) | null
  onerror: ((event: unknown) => unknown) | null
  send(data: string | Uint8Array): void
  close(code: number, reason: string): void
}

const like = (socket: unknown): WebSocketLike => socket as WebSocketLike
const isTls = (url: string): boolean => url.startsWith('wss:')
const protocols = ['b', 'a']

const clients: Record<string, (url: string, isDeflated: boolean) => Promise<Report>> = {
  ws: (url, perMessageDeflate) =>
    converse(like(new WsWebSocket(url, protocols, { perMessageDeflate, rejectUnauthorized: false }))),
  // It does not tell its program of empty texts.
  websocket: url =>
    converse(
      like(new websocket.w3cwebsocket(url, protocols)),
      texts.filter(text => text !== ''),
    ),
  undici: url =>
    converse(
      like(
        new UndiciWebSocket(url, {
          protocols,
          ...(isTls(url) && { dispatcher: new Agent({ connect: { rejectUnauthorized: false } }) }),
        }),
      ),
    ),
  'python3-websockets': async (url, isDeflated) =>
    JSON.parse(
      await runChild('/usr/bin/python3', [
        'test/interop/peers/client.py',
        url,
        isDeflated ? 'deflate' : 'plain',
      ]),
    ),
  bun: async url => JSON.parse(await runChild(bun, ['test/interop/peers/client.mjs', url])),
  deno: async url =>
    JSON.parse(await runChild(deno, ['run', '--quiet', '--allow-net', 'test/interop/peers/client.mjs', url])),
  bothways: (url, compression) =>
    converse(
      like(new BothwaysWebSocket(url, protocols, { compression, tls: { rejectUnauthorized: false } })),
    ),
}

/** Which of them can leave a self-signed certificate unchecked. */
const overTls = ['ws', 'undici', 'python3-websockets', 'bothways']
/** Which of them never offer compression. */
const neverDeflate = ['websocket']

describe.each(['ws plain', 'ws shared', 'ws takeover', 'wss shared'])('At our server over %s', where => {
  for (const [name, talk] of Object.entries(clients)) {
    if (where.startsWith('wss') && !overTls.includes(name)) continue
    test(`${name} gets back what it sends, and closes cleanly`, async () => {
      closes.length = 0
      const isDeflated = where !== 'ws plain'
      const report = await record(name, where, () => talk(urls[where] ?? '', isDeflated))
      expect(report.problems).toEqual([])
      expect(report.protocol).toBe('a')
      const isAgreed = report.extensions.includes('permessage-deflate')
      // Neither w3cwebsocket nor Deno tells what was agreed on.
      if (name !== 'deno' && name !== 'ws') expect(isAgreed).toBe(isDeflated && !neverDeflate.includes(name))
      await expect.poll(() => closes).toEqual([{ code: closeCode, reason: closeReason }])
    })
  }
})

describe('Chromium', () => {
  test.each(['ws plain', 'ws shared', 'ws takeover', 'wss shared'])('over %s', async where => {
    const page = await chromium.context.newPage()
    closes.length = 0
    const report = await record('chromium', where, () =>
      page.evaluate(
        async ([url = '']) => {
          const messages: (string | Uint8Array)[] = [
            ...['hello', '文字 😀', '', 'y'.repeat(65_535), '多'.repeat(65_536), 'z'.repeat(1024 * 1024)],
            ...[0, 1, 126, 65_536].map(length => new Uint8Array(length).fill(7)),
          ]
          // biome-ignore lint/suspicious/noExplicitAny: the browser's own class, which Node's types do not know
          const socket = new (globalThis as any).WebSocket(url, ['b', 'a'])
          socket.binaryType = 'arraybuffer'
          const problems: string[] = []
          let at = 0
          socket.onopen = () => {
            for (const message of messages) socket.send(message)
          }
          socket.onmessage = ({ data }: { data: string | ArrayBuffer }) => {
            const sent = messages[at++]
            const isSame =
              typeof data === 'string' ? data === sent : String(new Uint8Array(data)) === String(sent)
            if (!isSame) problems.push(`message ${at - 1}`)
            if (at === messages.length) socket.close(4001, '再见')
          }
          return await new Promise<{ protocol: string; extensions: string; problems: string[] }>(resolve => {
            socket.onclose = ({ code, wasClean }: { code: number; wasClean: boolean }) => {
              if (code !== 4001 || !wasClean || at < messages.length)
                problems.push(`closed with ${code} after ${at}`)
              resolve({ protocol: socket.protocol, extensions: socket.extensions, problems })
            }
          })
        },
        [urls[where] ?? ''],
      ),
    )
    expect(report).toMatchObject({ protocol: 'a', problems: [] })
    expect(report.extensions.includes('permessage-deflate')).toBe(where !== 'ws plain')
    await expect.poll(() => closes).toEqual([{ code: closeCode, reason: closeReason }])
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
