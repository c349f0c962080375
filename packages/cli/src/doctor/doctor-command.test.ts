import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { main } from '../main.ts'
import { closeAll, later, open } from './zoo/keeper.ts'

afterAll(closeAll)

/** Runs the command in this process. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    out += text
    return true
  })
  const error = vi.spyOn(console, 'error').mockImplementation(text => {
    err += text
  })
  try {
    return { code: await main(['doctor', ...args]), out, err }
  } finally {
    write.mockRestore()
    error.mockRestore()
  }
}

test('A problem exits 1, and its JSON has url, ok and findings with code, severity, title and advice', async () => {
  const port = await open(createServer((_, response) => response.end('<html>')))
  const url = `ws://127.0.0.1:${port}/chat`
  const { code, out } = await run(url, '--json')
  expect(code).toBe(1)
  const report = JSON.parse(out)
  expect(report).toMatchObject({
    url,
    ok: false,
    findings: [{ code: 'BW_DOCTOR_HTTP_ANSWERED', severity: 'error' }],
  })
  expect(report.findings[0].title).toContain('Unexpected response code: 200')
  expect(report.findings[0].advice).toContain('new WebSocketServer')
  const chinese = await run(url, '--lang', 'zh')
  expect(chinese.out).toContain('回应的是 HTTP 路由')
})

test('The options of connect hold here as well: what it sends is what it looks at', async () => {
  const port = await open(
    createServer((request, response) => {
      const { authorization, origin, 'x-a': a } = request.headers
      response
        .writeHead(403)
        .end([authorization, origin, a, request.headers['sec-websocket-protocol']].join(' '))
    }).on('upgrade', (request, socket) => {
      const { authorization, origin, 'x-a': a, 'sec-websocket-protocol': protocol } = request.headers
      socket.end(
        `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${[authorization, origin, a, protocol].join(' ')}`,
      )
    }),
  )
  const { out } = await run(
    ...[
      `ws://127.0.0.1:${port}/`,
      '--auth',
      'me:x',
      '-o',
      'https://o.test',
      '-H',
      'X-A: b',
      '-s',
      'p',
      '--json',
    ],
  )
  const basic = Buffer.from('me:x').toString('base64')
  expect(JSON.parse(out).findings[0].title).toContain(`Basic ${basic} https://o.test b p`)
})

test('Wrong use exits 2 and says what is right', async () => {
  for (const args of [
    [],
    ['ws://a', 'ws://b'],
    ['explain'],
    ['behind', 'ws://a'],
    ['ws://a', '--idle', 'x'],
    ['ws://a', '--lang', 'fr'],
    ['ws://a', '--jsn'],
    ['ws://a', '--auth', 'me'],
    ['ws://a', '--cert', 'a.pem'],
    ['ws://a', '--proxy', 'socks5://p'],
  ]) {
    const { code, err } = await run(...args)
    expect([args, code]).toEqual([args, 2])
    expect(err).not.toBe('')
  }
})

test('A text and a recording are explained with the same codes', async () => {
  const text = await run('explain', 'Unexpected response code: 404', '--json')
  expect(JSON.parse(text.out).findings[0].code).toBe('BW_DOCTOR_NOT_FOUND')
  const folder = await mkdtemp(join(tmpdir(), 'bothways-har-'))
  later(() => rm(folder, { recursive: true }))
  const file = join(folder, 'page.har')
  const entry = {
    request: { url: 'ws://localhost/x' },
    response: { status: 404 },
    _resourceType: 'websocket',
  }
  await writeFile(file, JSON.stringify({ log: { entries: [entry] } }))
  const har = await run(file, '--json')
  expect(JSON.parse(har.out)).toMatchObject({
    url: 'ws://localhost/x',
    findings: [{ code: 'BW_DOCTOR_NOT_FOUND' }, {}, {}],
  })
  expect((await run(join(folder, 'none.har'))).code).toBe(1)

  const opened = { ...entry, response: { status: 101 } }
  await writeFile(file, JSON.stringify({ log: { entries: [opened, opened] } }))
  const healthy = await run(file)
  expect([healthy.code, healthy.out]).toEqual([
    0,
    expect.stringContaining('2 WebSockets in the recording, 2'),
  ])
  expect(JSON.parse((await run(file, '--json')).out)).toMatchObject({
    ok: true,
    findings: [{ code: 'BW_DOCTOR_RECORDING_OPENED', severity: 'info' }],
  })
})

test('The report says what was sent: nothing, a large message, or one that came back or did not', async () => {
  const echo = createServer()
  new WebSocketServer({ server: echo }).on('connection', socket =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
  const url = `ws://127.0.0.1:${await open(echo)}/`
  expect((await run(url)).out).toMatch(/Made \d+ connections?, sent no message\./)
  expect((await run(url, '--size', '1000')).out).toContain('sent one message of 1000 bytes.')
  const both = await run(url, '--size', '1000', '--echo')
  expect(both.out).toContain('sent 2 messages, of 1000 and 24 bytes.')
  expect(both.out).toContain('A text message of 24 bytes came back as it was')
  expect(both.code).toBe(0)
  expect((await run(url, '--size', '1000', '--lang', 'zh')).out).toContain('发送了 1 条消息（1000 字节）')

  const deaf = createServer()
  new WebSocketServer({ server: deaf }).on('connection', socket =>
    socket.on('message', () => socket.close(1003, 'JSON only')),
  )
  const told = await run(`ws://127.0.0.1:${await open(deaf)}/`, '--echo', '--json')
  expect(told.code).toBe(1)
  expect(JSON.parse(told.out).findings).toMatchObject([
    {
      code: 'BW_DOCTOR_NOT_ECHOED',
      severity: 'warning',
      title: expect.stringContaining('close 1003 JSON only'),
    },
  ])
  const refusing = await open(createServer((_, response) => response.writeHead(404).end()))
  expect((await run(`ws://127.0.0.1:${refusing}/`, '--echo')).out).toContain('sent no message.')
})
