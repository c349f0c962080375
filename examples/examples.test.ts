import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type HandshakeError, WebSocket, type WebSocketErrorEvent } from 'bothways'
import { afterEach, expect, test } from 'vitest'
import { type Child, runChild, startChild } from '../test/support/child.ts'
import { launchChromium } from '../test/support/chromium.ts'

let server: Child | undefined
afterEach(async () => {
  await server?.stop()
  server = undefined
})

/** Starts an example on a free port and returns the address it prints. */
async function start(
  example: string,
  env: Record<string, string> = {},
  script = 'server.js',
): Promise<string> {
  server = await startChild('node', [`examples/${example}/${script}`], { PORT: '0', ...env })
  return /\w+:\/\/\S+/.exec(server.firstLine)?.[0] ?? ''
}

const next = async (socket: WebSocket): Promise<string> =>
  ((await once(socket, 'message')) as [MessageEvent])[0].data
const nextJson = async (socket: WebSocket) => JSON.parse(await next(socket))

test('clock: Express serves the page, and the time is pushed', async () => {
  const page = await start('clock', { EVERY_MS: '50' })
  expect(await (await fetch(page)).text()).toContain("new WebSocket('/clock')")
  const socket = new WebSocket(new URL('/clock', page))
  const [first, second] = [await next(socket), await next(socket)]
  expect(Date.parse(second)).toBeGreaterThan(Date.parse(first))
  socket.close()
})

test.each(['Express', 'Koa', 'Fastify', 'Hono'])(
  'frameworks: %s keeps its routes on the same port',
  async name => {
    const page = await start('frameworks', {}, `${name.toLowerCase()}.js`)
    expect(await (await fetch(page)).text()).toBe(`HTTP by ${name}`)
    expect((await fetch(new URL('/nowhere', page))).status).toBe(404)
    const socket = new WebSocket(new URL('/echo', page))
    await once(socket, 'open')
    socket.send('both ways')
    expect(await next(socket)).toBe('both ways')
    socket.close()
  },
)

test('hello: both ways', async () => {
  const url = await start('hello')
  expect(await runChild('node', ['examples/hello/client.js', url, '李四'])).toBe(
    'Hello from the server. What is your name?\nHello, 李四!\n',
  )
})

test('echo: the subprotocol decides, and a foreign page is refused', async () => {
  const url = await start('echo')
  const shouting = new WebSocket(url, ['echo.v1', 'shout.v1'], { origin: 'https://example.com' })
  await once(shouting, 'open')
  shouting.send('hello')
  expect([shouting.protocol, await next(shouting)]).toEqual(['shout.v1', 'HELLO'])
  shouting.close()
  const foreign = new WebSocket(url, ['echo.v1'], { origin: 'https://evil.example' })
  const [event] = (await once(foreign, 'error')) as [WebSocketErrorEvent]
  expect((event.error as HandshakeError).answer?.status).toBe(403)
})

test('chat: 张三 speaks to the server, which pushes to 李四', async () => {
  const page = await start('chat')
  expect(await (await fetch(page)).text()).toContain('<title>Chat</title>')
  const zhang = new WebSocket(new URL('/chat?name=张三', page))
  expect(await nextJson(zhang)).toMatchObject({ type: 'people' })
  const li = new WebSocket(new URL('/chat?name=李四', page))
  const { people } = await nextJson(li)
  expect(Object.values(people)).toEqual(['张三', '李四'])
  zhang.send('你好')
  const message = await nextJson(li)
  expect(message).toEqual({
    type: 'message',
    text: '你好',
    name: '张三',
    id: expect.any(String),
    date: expect.any(Number),
  })
  expect(people[message.id]).toBe('张三')
  zhang.close()
  expect(Object.values((await nextJson(li)).people)).toEqual(['李四'])
  li.close()
})

test('from-file: a page opened from a file connects in Chromium', async () => {
  const url = new URL(await start('from-file'))
  const chromium = await launchChromium()
  try {
    const page = await chromium.context.newPage()
    const file = new URL(`from-file/page.html?port=${url.port}`, import.meta.url)
    await page.goto(`file://${fileURLToPath(file)}${file.search}`)
    await page.getByText('You said: hello from a file').waitFor()
  } finally {
    await chromium.close()
  }
})

test('wss: the client trusts the certificate of the server', async () => {
  await start('wss')
  const [, url = '', certificate = ''] = /to (\S+) trusting (\S+)/.exec(server?.firstLine ?? '') ?? []
  expect(await runChild('node', ['examples/wss/client.js', url, certificate])).toBe('over TLS\n')
})
