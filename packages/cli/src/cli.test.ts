import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { bin, echoUrl, run, start, stopCommands } from '@bothways/test-support/command'
import { afterEach, describe, expect, test } from 'vitest'
import { systemPrograms } from '../../../tools/lib/system-programs.mjs'

// The command as its users start it: needs the built packages, as npm test makes them.
afterEach(stopCommands)

describe('bothways', () => {
  test('teaches: help on every level, version, and the nearest command or option', async () => {
    expect(await run(['--help'])).toMatchObject({
      code: 0,
      output: expect.stringContaining('bothways connect URL'),
    })
    for (const name of ['serve', 'echo', 'connect']) {
      expect(await run([name, '--help'])).toMatchObject({
        code: 0,
        output: expect.stringContaining(`bothways ${name}`),
      })
    }
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
    expect(await run(['ehco'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('did you mean echo?'),
    })
    expect(await run(['serve', '--prot', '1'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--port?'),
    })
    expect(await run([])).toMatchObject({ code: 2 })
  })

  test.each([
    ['echo', '--port', 'x'],
    ['echo', '--port', '65536'],
    ['echo', '--max-payload', '-1'],
    ['echo', 'word'],
    ['echo', '--host', ''],
    ['serve', '--origin', 'example.com'],
    ['serve', '--allow-host', 'https://example.com'],
    ['serve', '--allow-host', 'example.com:8080'],
    ['--hlep'],
    ['connect', '/path'],
    ['connect', 'ws://127.0.0.1/', '--protocol', 'two words'],
    ['connect', 'ws://127.0.0.1/', '--header', 'Sec-WebSocket-Key: x'],
    ['connect', 'ws://127.0.0.1/', '--max-payload', '1k'],
    ['connect'],
    ['connect', 'ftp://example.com'],
    ['connect', 'ws://127.0.0.1/#part'],
    ['connect', 'ws://127.0.0.1/', '--header', 'no colon'],
    ['connect', 'ws://127.0.0.1/', '--wait', 'long'],
  ])('%s %s %s is wrong use: exit code 2, no stack', async (...args) => {
    const { code, errors } = await run(args)
    expect(code).toBe(2)
    expect(errors).toContain('--help')
    expect(errors).not.toContain('    at ')
  })
})

describe('bothways echo', () => {
  test('prints its ready line, echoes on every path, and takes the first subprotocol offered', async () => {
    const line = await start('echo', '--port', '0')
    expect(line).toMatch(/^Bothways echo is listening on ws:\/\/127\.0\.0\.1:\d+\/$/)
    const url = line.split(' ').at(-1) ?? ''
    const { code, output } = await run(
      ['connect', `${url}any/path?x`, '--protocol', 'b', '--protocol', 'a', '--json'],
      '文字\n',
    )
    expect(code).toBe(0)
    const events = output
      .trim()
      .split('\n')
      .map(text => JSON.parse(text))
    expect(events).toMatchObject([
      { type: 'open', protocol: 'b', extensions: expect.stringContaining('permessage-deflate') },
      { type: 'sent', data: '文字', bytes: 6 },
      { type: 'received', data: '文字', bytes: 6 },
      { type: 'close', code: 1000, by: 'us' },
    ])
  })

  test('--no-compression and --max-payload do what they say', async () => {
    const url = await echoUrl('--no-compression', '--max-payload', '10')
    const { output } = await run(['connect', url, '--json'], '0123456789\n')
    expect(JSON.parse(output.split('\n')[0] ?? '')).toMatchObject({ type: 'open', extensions: '' })
    const { code, errors } = await run(['connect', url], '01234567890\n')
    expect(code).toBe(1)
    expect(errors).toContain('1009')
    expect(errors).toContain('over the limit of 10')
  })

  test('A port in use is named, with what to do', async () => {
    const url = new URL(await echoUrl())
    const { code, errors } = await run(['echo', '--port', url.port])
    expect(code).toBe(1)
    expect(errors).toContain(`Port ${url.port} of 127.0.0.1 is in use`)
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s drains and ends with 0', async signal => {
    const child = spawn('node', [bin, 'echo', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.once('data', () => child.kill(signal))
    expect(await new Promise(resolve => child.once('close', resolve))).toBe(0)
  })

  test.skipIf(process.platform === 'win32')(
    'A second SIGINT does not kill it, whenever it comes',
    async () => {
      const child = spawn('node', [bin, 'echo', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
      const exit = once(child, 'exit')
      await once(child.stdout, 'data')
      let hasExited = false
      child.once('exit', () => {
        hasExited = true
      })
      while (!hasExited) {
        child.kill('SIGINT')
        await new Promise(resolve => setImmediate(resolve))
      }
      expect(await exit).toEqual([0, null])
    },
  )
})

describe('bothways connect, from a pipe', () => {
  test('sends every line in order and prints every reply, and nothing else', async () => {
    const lines = Array.from({ length: 2_000 }, (_, at) => `line ${at} ${'x'.repeat(at % 50)}`)
    const input = `${lines.join('\n')}\n`
    expect(await run(['connect', await echoUrl()], input)).toEqual({ code: 0, output: input, errors: '' })
  })

  test('--binary sends bytes, and prints bytes in hex', async () => {
    expect(await run(['connect', await echoUrl(), '--binary'], 'AB\n')).toMatchObject({
      code: 0,
      output: '4142\n',
    })
  })

  test('A large line survives', async () => {
    const input = `${'文'.repeat(1_000_000)}\n`
    expect((await run(['connect', await echoUrl()], input)).output).toBe(input)
  })

  test('A URL without a scheme is taken as ws://, and that is said', async () => {
    const { host } = new URL(await echoUrl())
    const { code, output, errors } = await run(['connect', host], 'hi\n')
    expect([code, output]).toEqual([0, 'hi\n'])
    expect(errors).toBe(`No scheme in the URL: taking ws://${host}\n`)
  })

  test('A refused connection says why, and ends with 1', async () => {
    const { code, output, errors } = await run(['connect', 'ws://127.0.0.1:1/'], 'lost\n')
    expect([code, output]).toEqual([1, ''])
    expect(errors).toContain('Nothing listens there')
  })
})

describe('bothways connect, on a terminal', () => {
  test('sends what is typed, shows both directions, and obeys its commands', async () => {
    const command = ['node', bin, 'connect', await echoUrl()]
    const spawnOnTerminal = `import pty, sys; sys.exit(pty.spawn(${JSON.stringify(command)}) >> 8)`
    const child = spawn(systemPrograms().python, ['-c', spawnOnTerminal], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NO_COLOR: '1', BOTHWAYS_HISTORY: '' },
    })
    let screen = ''
    let onScreen = (): void => {}
    child.stdout.setEncoding('utf8').on('data', chunk => {
      screen += chunk
      onScreen()
    })
    const shown = (words: string): Promise<void> =>
      new Promise(resolve => {
        onScreen = () => {
          if (screen.includes(words)) resolve()
        }
        onScreen()
      })
    const ended = new Promise(resolve => child.once('close', resolve))
    await shown('Type a message')
    child.stdin.write('你好\r')
    await shown('← text 6 B 你好')
    child.stdin.write('/hex 00 ff\r')
    await shown('← binary 2 B 00 ff')
    child.stdin.write('/ping\r')
    await shown('pong after')
    child.stdin.write('/pnig\r')
    await shown('did you mean /ping?')
    child.stdin.write('/close 4000 bye\r')
    await shown('closed 4000 “bye”: a code of the application')
    await shown('ended by this side')
    expect(await ended).toBe(0)
  })
})

describe('bothways serve', () => {
  test('prints its ready line and serves echo, health and metrics without the page', async () => {
    const line = await start('serve', '--port', '0', '--no-page', '--origin', 'https://example.com')
    expect(line).toMatch(/^Bothways is listening on http:\/\/127\.0\.0\.1:\d+\/$/)
    const url = line.split(' ').at(-1) ?? ''
    expect((await fetch(new URL('healthz', url))).status).toBe(200)
    const echo = new URL('echo', url.replace('http:', 'ws:')).href
    expect(await run(['connect', echo, '--origin', 'https://example.com'], 'hi\n')).toMatchObject({
      output: 'hi\n',
    })
    expect(await run(['connect', echo, '--origin', 'https://evil.example'], 'hi\n')).toMatchObject({
      code: 1,
      errors: expect.stringContaining('403'),
    })
  })

  test('answers for each host of --allow-host, and tells how to add another', async () => {
    const allowed = ['--allow-host', 'a.example', '--allow-host', '::1']
    const line = await start('serve', '--port', '0', '--no-page', ...allowed)
    const url = line.split(' ').at(-1) ?? ''
    for (const [host, status, text] of [
      ['a.example', 200, 'ok\n'],
      ['[::1]:8080', 200, 'ok\n'],
      ['b.example', 421, '--allow-host b.example'],
    ] as const) {
      const request = httpRequest(new URL('healthz', url), { agent: false, headers: { Host: host } }).end()
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      let body = ''
      for await (const chunk of response) body += chunk
      expect([response.statusCode, body]).toEqual([status, expect.stringContaining(text)])
    }
  })
})
