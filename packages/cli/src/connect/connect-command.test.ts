import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { bin, echoUrl, launch, run, stopCommands } from '@bothways/test-support/command'
import { Terminal } from '@bothways/test-support/terminal'
import { createServer, type Route, type Server } from 'bothways'
import { afterEach, describe, expect, test } from 'vitest'
import { systemPrograms } from '../../../../tools/lib/system-programs.mjs'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  await stopCommands()
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(route: Route<undefined>, listen: Parameters<Server['listen']>[0] = {}): Promise<string> {
  const server = createServer().route('/*', route)
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  return (await server.listen(listen)).url
}

describe('Replies', () => {
  test('A server that greets, and answers late, is heard to the end', async () => {
    const url = await serve({
      open(socket) {
        socket.send('welcome')
      },
      message(socket, message) {
        setTimeout(() => socket.send(`re: ${message}`), 50)
      },
    })
    expect(await run(['connect', url], 'one\ntwo\n')).toEqual({
      code: 0,
      output: 'welcome\nre: one\nre: two\n',
      errors: '',
    })
  })

  test('A server that answers and then closes in order is a success', async () => {
    const url = await serve({
      message(socket, message) {
        socket.send(message)
        socket.close(1000, 'bye')
      },
    })
    const { code, output, errors } = await run(['connect', url], 'hi\n')
    expect([code, output]).toEqual([0, 'hi\n'])
    expect(errors).toContain('closed 1000 “bye”: normal')
  })

  test('A server that does not answer is left after --wait', async () => {
    const codes: number[] = []
    const url = await serve({ message() {}, close: (_, code) => void codes.push(code) })
    expect(await run(['connect', url, '--wait', '0.1'], 'hi\n')).toEqual({ code: 0, output: '', errors: '' })
    expect(codes).toEqual([1000])
  })

  test('A server that never stops sending does not keep it', async () => {
    const url = await serve({
      open(socket) {
        const timer = setInterval(() => socket.send('tick'), 20)
        cleanups.push(() => clearInterval(timer))
      },
      message() {},
    })
    expect(await run(['connect', url, '--wait', '0.5'], 'hi\n')).toMatchObject({ code: 0 })
  })
})

describe('The end', () => {
  test('A server that closes while the input is still open ends it, with the code in words', async () => {
    const url = await serve({
      message(socket) {
        socket.close(4001, 'go\u001b[31m away\n')
      },
    })
    const { child, outcome } = launch(['connect', url])
    child.stdin.write('hi\n')
    const { code, errors } = await outcome
    expect(code).toBe(1)
    expect(errors).toContain('closed 4001 “go\\x1b[31m away”: a code of the application')
    expect(errors).toContain('The connection ended before the input did: 1 lines were sent.')
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('%s closes with 1000', async signal => {
    let onClosed: (code: number) => void
    const closed = new Promise<number>(resolve => {
      onClosed = resolve
    })
    const url = await serve({
      message: (socket, text) => void socket.send(text),
      close: (_, code) => onClosed(code),
    })
    const { child, outcome } = launch(['connect', url])
    child.stdin.write('hi\n')
    await once(child.stdout, 'data')
    child.kill(signal)
    expect(await outcome).toEqual({ code: 1, output: 'hi\n', errors: '' })
    expect(await closed).toBe(1000)
  })

  test('A reader that leaves, as head does, ends it quietly', async () => {
    const { child, outcome } = launch(['connect', await echoUrl()])
    child.stdin.on('error', () => {})
    child.stdin.write('one\n')
    await once(child.stdout, 'data')
    child.stdout.destroy()
    child.stdin.write('two\n')
    expect(await outcome).toMatchObject({ code: 0, errors: '' })
  })
})

describe('Bytes', () => {
  test('A line ends at a line feed and nowhere else; CR LF is one, too', async () => {
    const { output } = await run(['connect', await echoUrl(), '--json'], 'a\u2028b\rc\r\n\nend')
    const received = output
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
      .filter(({ type }) => type === 'received')
    expect(received.map(({ data }) => data)).toEqual(['a\u2028b\rc', '', 'end'])
  })

  test('--binary sends the bytes of a line as they are', async () => {
    const input = Uint8Array.of(0xff, 0x00, 0xfe, 0x0d, 0x0a)
    expect(await run(['connect', await echoUrl(), '--binary'], input)).toEqual({
      code: 0,
      output: 'ff00fe0d\n',
      errors: '',
    })
  })

  test('Text that is not UTF-8 is sent, and said', async () => {
    const { code, output, errors } = await run(['connect', await echoUrl()], Uint8Array.of(0x61, 0xff))
    expect([code, output]).toEqual([0, 'a\ufffd\n'])
    expect(errors).toContain('The input is not UTF-8')
  })

  test('More than the buffers hold goes both ways, and nothing is lost', async () => {
    const line = `${'x'.repeat(999_999)}\n`
    const { code, output, errors } = await run(['connect', await echoUrl()], line.repeat(60))
    expect([code, errors, output === line.repeat(60)]).toEqual([0, '', true])
  })
})

describe('A handshake that fails', () => {
  test('tells the status, the likely cause and what the server said', async () => {
    const http = createHttpServer((_, response) => {
      response.writeHead(403, { 'content-type': 'text/plain', 'x-why': 'because' }).end('Members only.')
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    cleanups.push(() => http.close())
    const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`
    const { code, output, errors } = await run(['connect', url, '--verbose', '--header', 'Cookie: secret'])
    expect([code, output]).toEqual([1, ''])
    expect(errors).toContain('status 403')
    expect(errors).toContain('Members only.')
    expect(errors).toContain('\n  x-why: because\n')
    expect(errors).toContain('with Cookie')
    expect(errors).not.toContain('secret')
    const json = await run(['connect', url, '--json'])
    expect(JSON.parse(json.output)).toMatchObject({ type: 'error', code: 'BW_STATUS_NOT_101', status: 403 })
  })

  test('A self-signed certificate is refused, and accepted with --insecure', async () => {
    const url = await serve(
      { message: (socket, message) => void socket.send(message) },
      { tls: await makeCertificate() },
    )
    expect(url).toMatch(/^wss:/)
    const { code, errors } = await run(['connect', url], 'hi\n')
    expect(code).toBe(1)
    expect(errors).toContain('--insecure')
    expect(await run(['connect', url, '--insecure'], 'hi\n')).toMatchObject({ code: 0, output: 'hi\n' })
  })
})

describe('Options as users of wscat type them', () => {
  test('-H, -s, -o and --auth reach the server; -x sends, waits for the replies and ends without input', async () => {
    const heard: unknown[] = []
    const url = await serve({
      protocols: ['chat.v2'],
      open(socket) {
        const { authorization, origin, 'x-a': a } = socket.request.headers
        heard.push(authorization, origin, a, socket.protocol)
      },
      message: (socket, message) => socket.send(`re: ${message}`),
    })
    const origin = url.replace('ws:', 'http:').replace(/\/$/, '')
    const { outcome } = launch([
      ...['connect', url, '-H', 'X-A: 1', '-s', 'chat.v2', '-o', origin, '--auth', 'me:pa:ss'],
      ...['-x', 'one', '-x', 'two\nlines\r'],
    ])
    expect(await outcome).toEqual({ code: 0, output: 're: one\nre: two\nlines\r\n', errors: '' })
    expect(heard).toEqual([`Basic ${Buffer.from('me:pa:ss').toString('base64')}`, origin, '1', 'chat.v2'])
  })

  test('--ping sends pings in silence', async () => {
    const { child, outcome } = launch(['connect', await echoUrl(), '--ping', '1', '--verbose'])
    let errors = ''
    await new Promise<void>(resolve => {
      child.stderr.on('data', chunk => {
        errors += chunk
        if (errors.includes('← pong')) resolve()
      })
    })
    child.stdin.end()
    expect((await outcome).code).toBe(0)
  })

  test.each([
    [['--auth', 'me'], '--auth takes user:password'],
    [['--auth', 'me:x', '-H', 'authorization: Bearer y'], 'Either --auth or a header'],
    [['--cert', 'a.pem'], '--cert and --key go together'],
    [['--ca', '/nowhere/ca.pem'], '--ca: ENOENT'],
    [['--ca', 'package.json'], "'package.json' has none"],
    [['--ping', '0'], '--ping takes 1 to 86400 seconds'],
    [['--wait', 'x'], '--wait takes a number of seconds'],
  ])('%j is wrong use', async (args, words) => {
    const { code, errors } = await run(['connect', 'ws://127.0.0.1:1/', ...args])
    expect(code).toBe(2)
    expect(errors).toContain(words)
  })
})

describe('Certificates', () => {
  test('--ca trusts the file’s certificates; --cert and --key show the client’s own', async () => {
    const mine = await makeCertificate()
    const own = await makeCertificate()
    const https = createHttpsServer({ ...mine, ca: own.cert, requestCert: true, rejectUnauthorized: true })
    const server = createServer().route('/*', { message: (socket, message) => socket.send(message) })
    server.attach(https)
    cleanups.push(() => server.close({ timeoutMs: 0 }).then(() => https.close()))
    https.listen(0, '127.0.0.1')
    await once(https, 'listening')
    const url = `wss://localhost:${(https.address() as AddressInfo).port}/`
    const shown = ['--cert', own.certPath, '--key', own.keyPath]
    expect(await run(['connect', url, '--ca', mine.certPath, ...shown], 'hi\n')).toMatchObject({
      code: 0,
      output: 'hi\n',
    })
    expect(await run(['connect', url, '--ca', mine.certPath], 'hi\n')).toMatchObject({ code: 1, output: '' })
    expect(await run(['connect', url, '--ca', own.certPath, ...shown], 'hi\n')).toMatchObject({ code: 1 })
    const mixed = await run(['connect', url, '--cert', own.certPath, '--key', mine.keyPath])
    expect(mixed).toMatchObject({ code: 2 })
  })
})

const columns = 40

/** Starts `connect` on a pseudo terminal. */
function connectOnTerminal(...args: string[]) {
  const command = ['sh', '-c', `stty cols ${columns}; exec node "$0" connect "$@"`, bin, ...args]
  const child = spawn(
    systemPrograms().python,
    ['-c', `import pty, sys; sys.exit(pty.spawn(${JSON.stringify(command)}) >> 8)`],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NO_COLOR: '1', BOTHWAYS_HISTORY: '' } },
  )
  let output = ''
  let onOutput = (): void => {}
  child.stdout.setEncoding('utf8').on('data', chunk => {
    output += chunk
    onOutput()
  })
  return {
    ended: once(child, 'close'),
    type: (text: string): void => void child.stdin.write(text),
    /** Waits until the words have been shown. */
    shown: (words: string): Promise<void> =>
      new Promise(resolve => {
        onOutput = () => {
          if (output.includes(words)) resolve()
        }
        onOutput()
      }),
    /** The rows that the terminal shows now. */
    rows(): readonly string[] {
      const terminal = new Terminal(columns)
      terminal.write(output)
      return terminal.text
    },
  }
}

describe('On a terminal', () => {
  test('Lines typed before the connection is open wait for it, and Ctrl-D closes with 1000', async () => {
    let onClosed: (code: number) => void
    const closed = new Promise<number>(resolve => {
      onClosed = resolve
    })
    let letIn: () => void = () => {}
    const typed = new Promise<void>(resolve => {
      letIn = resolve
    })
    const server = createServer({ authenticate: () => typed.then(() => 'anybody') }).route('/*', {
      message: (socket, message) => void socket.send(`re: ${message}`),
      close: (_, code) => onClosed(code),
    })
    cleanups.push(() => server.close({ timeoutMs: 0 }))
    const { url } = await server.listen()
    const { type, shown, rows, ended } = connectOnTerminal(url)
    await shown('> ')
    type('early\rhalf')
    await shown('half')
    letIn()
    await shown('← text 9 B re: early')
    await expect.poll(() => rows().at(-1)).toBe('> half')
    expect(rows()[0]).toBe('> early')
    type('\u0015\u0004')
    expect(await closed).toBe(1000)
    expect(await ended).toEqual([0, null])
  })

  test('What is pasted in several lines, and typed, stays whole while messages come', async () => {
    const got: unknown[] = []
    let onTick = (): void => {}
    const nextTick = (): Promise<void> =>
      new Promise(resolve => {
        onTick = resolve
      })
    const url = await serve({
      open(socket) {
        const timer = setInterval(() => {
          socket.send('tick '.repeat(12))
          onTick()
        }, 2)
        cleanups.push(() => clearInterval(timer))
      },
      message(socket, message) {
        got.push(message)
        socket.send(`re: ${String(message).length}`)
      },
    })
    const { type, shown, rows, ended } = connectOnTerminal(url)
    const long = 'x'.repeat(columns - 1)
    await shown('tick')
    type(`one\rtwo\r${long}\r${long}`)
    await shown(`re: ${long.length}`)
    for (const character of ' and more') {
      type(character)
      await nextTick()
    }
    await expect.poll(() => rows().slice(-2).join('')).toBe(`> ${long} and more`)
    expect(rows()).toEqual(expect.arrayContaining(['> one', '> two']))
    type('\r\u0004')
    expect(await ended).toEqual([0, null])
    expect(got).toEqual(['one', 'two', long, `${long} and more`])
  })

  test('Wrong use ends it', async () => {
    const { ended } = connectOnTerminal('ws://127.0.0.1:1/', '--protocol', 'two words')
    expect(await ended).toEqual([2, null])
  })

  test('Without a connection it ends with 1, and below the reason stands no prompt', async () => {
    const { rows, ended } = connectOnTerminal('ws://127.0.0.1:1/')
    expect(await ended).toEqual([1, null])
    expect(rows().join('')).toContain('ECONNREFUSED')
    expect(rows().at(-1)).toBe('')
  })
})
