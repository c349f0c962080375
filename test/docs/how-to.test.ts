import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startChild } from '@bothways/test-support/child'
import { messagesOf } from '@bothways/test-support/messages'
import { type CloseEvent, createServer, WebSocket, type WebSocketErrorEvent } from 'bothways'
import { describe, expect, test } from 'vitest'
import { codeBlocks, withFolder } from './code-blocks.ts'

const root = join(import.meta.dirname, '../..')

const scripts = async (page: string) =>
  (await codeBlocks(`docs/how-to/${page}.md`, 'js')).map(({ code }) => code)

/** Runs a server of a page on a free port. */
async function running(script: string, use: (url: string) => Promise<void>): Promise<void> {
  expect(script).toContain('3000')
  await withFolder({ 'server.js': script.replace(/\b3000\b/, '0') }, async folder => {
    const child = await startChild('node', [`${folder}/server.js`])
    try {
      await use(child.firstLine)
    } finally {
      await child.stop()
    }
  })
}

const closing = async (socket: WebSocket) => {
  const [{ code, reason }] = (await once(socket, 'close')) as [CloseEvent]
  return [code, reason]
}
const failure = async (socket: WebSocket) =>
  ((await once(socket, 'error')) as [WebSocketErrorEvent])[0].message

test('express-koa-fastify-hono: each block is a part of an example, which runs', async () => {
  const folder = join(root, 'examples/frameworks')
  const files = readdirSync(folder).filter(file => file.endsWith('.js'))
  const texts = files.map(file => readFileSync(join(folder, file), 'utf8'))
  const blocks = await scripts('express-koa-fastify-hono')
  const owners = blocks.map(block => files[texts.findIndex(text => text.includes(block))])
  expect(owners).toEqual(['express.js', 'koa.js', 'fastify.js', 'hono.js'])
})

test('behind-nginx: each line is one that the tests with nginx run', async () => {
  const [block] = await codeBlocks('docs/how-to/behind-nginx.md', 'nginx')
  const lines = (block?.code ?? '')
    .split('\n')
    .filter(line => line.includes('proxy_') && !line.includes('8080'))
  expect(lines).toHaveLength(6)
  const tested = readFileSync(join(root, 'test/interop/nginx.test.ts'), 'utf8')
  for (const line of lines) expect(tested).toContain(line.trim())
})

test('compression: both sides agree on it as the guide says', async () => {
  const [script = ''] = await scripts('compression')
  await running(script, async url => {
    const socket = new WebSocket(url)
    const next = messagesOf(socket)
    await once(socket, 'open')
    expect(socket.extensions).toBe(
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    )
    socket.send('both ways '.repeat(1_000))
    expect(await next()).toHaveLength(10_000)
    socket.terminate()
  })
})

describe('authenticate:', async () => {
  const [cookie = '', firstMessage = '', subprotocol = '', expiry = '', ...more] =
    await scripts('authenticate')

  test('there are no other scripts', () => {
    expect(more).toEqual([])
  })

  test('a cookie says who it is', async () => {
    await running(cookie, async url => {
      const open = (headers: Record<string, string>) =>
        new WebSocket(new URL('/whoami', url), [], { headers })
      expect(await messagesOf(open({ Cookie: 'a=b; session=7f3a; c=d' }))()).toBe('张三')
      for (const headers of [{}, { Cookie: 'session=7f3' }, { Cookie: 'mysession=7f3a' }]) {
        expect(await failure(open(headers as Record<string, string>))).toMatch(/403.*Sign in first\./s)
      }
    })
  })

  test('a token in the first message says who it is', async () => {
    await running(firstMessage.replace('5_000', '50'), async url => {
      const open = () => new WebSocket(new URL('/whoami', url))
      const known = open()
      const next = messagesOf(known)
      await once(known, 'open')
      known.send('s3cr3t')
      expect(await next()).toBe('张三')
      const wrong = open()
      await once(wrong, 'open')
      wrong.send('guess')
      expect(await closing(wrong)).toEqual([4403, 'This token is not valid.'])
      expect(await closing(open())).toEqual([4401, 'No token came.'])
      // The timer of the first one is gone.
      known.send('again')
      expect(await next()).toBe('张三')
      known.terminate()
    })
  })

  test('a token as a subprotocol says who it is, and is not sent back', async () => {
    await running(subprotocol, async url => {
      const open = (token: string) => new WebSocket(new URL('/whoami', url), ['whoami.v1', token])
      const known = open('token.s3cr3t')
      expect(await messagesOf(known)()).toBe('张三')
      expect(known.protocol).toBe('whoami.v1')
      expect(JSON.stringify(known.handshake)).not.toContain('s3cr3t')
      known.terminate()
      expect(await failure(open('token.guess'))).toContain('403')
    })
  })

  test('a session that ends closes its connection', async () => {
    await running(expiry.replace('3_600_000', '50'), async url => {
      expect(await closing(new WebSocket(url))).toEqual([4401, 'Your session has ended.'])
    })
  })
})

describe('deploy-without-herds:', async () => {
  const [server = '', page = ''] = await scripts('deploy-without-herds')

  test('SIGTERM: not ready, nobody new, goodbye to all one after the other, and the end', async () => {
    const script = server.replace(/\b3000\b/, '0').replace('20_000', '1_500')
    expect(script).toContain('1_500')
    await withFolder({ 'server.js': script }, async folder => {
      const child = await startChild('node', [`${folder}/server.js`])
      const live = new URL('/live', child.firstLine)
      const health = async () => (await fetch(new URL('/healthz', live))).status
      expect(await health()).toBe(200)
      const sockets: WebSocket[] = []
      for (let at = 0; at < 4; at++) {
        const socket = new WebSocket(live)
        await once(socket, 'open')
        sockets.push(socket)
      }
      const order: number[] = []
      const closes = sockets.map(async (socket, at) => {
        const close = await closing(socket)
        order.push(at)
        return [...close, socket.disconnect?.retry]
      })
      const stopped = child.stop()
      await closes[0]
      expect(await health()).toBe(503)
      expect(await failure(new WebSocket(live))).toContain('503')
      expect(order.length).toBeLessThan(4)
      for (const close of closes) {
        expect(await close).toEqual([1012, 'A new version is coming.', 'later'])
      }
      expect(order).toEqual([0, 1, 2, 3])
      await stopped
    })
  })

  test('the page comes back to a server that was away', async () => {
    const first = createServer()
    let onOpen = () => {}
    const open = () => onOpen()
    const { port } = await first.route('/live', { open }).listen()
    let opened = new Promise<void>(resolve => {
      onOpen = resolve
    })
    // The browser's class, under its name.
    const script = `import { WebSocket } from 'bothways'\nconsole.log('ready')\n${page}`
      .replace(/\b3000\b/, String(port))
      .replace('1_000', '50')
    await withFolder({ 'page.js': script }, async folder => {
      const child = await startChild('node', [`${folder}/page.js`])
      await opened
      opened = new Promise<void>(resolve => {
        onOpen = resolve
      })
      await first.close()
      const second = createServer().route('/live', { open })
      await second.listen({ port })
      await opened
      await child.stop()
      await second.close()
    })
  })
})
