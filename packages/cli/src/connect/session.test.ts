import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch, run, stopCommands } from '@bothways/test-support/command'
import { createServer, type Route } from 'bothways'
import { afterEach, describe, expect, test } from 'vitest'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  await stopCommands()
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const echo: Route<undefined> = { message: (socket, message) => socket.send(message) }

async function serve(route: Route<undefined>, port = 0) {
  const server = createServer().route('/*', route)
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  return { server, url: (await server.listen({ port })).url }
}

async function redirect(location: string): Promise<string> {
  const server = createHttpServer().on('upgrade', (_, socket) => {
    socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'bothways-session-'))
  cleanups.push(() => rm(path, { recursive: true }))
  return path
}

describe('--location', () => {
  test('A redirect is followed; another origin gets neither headers nor login, and that is told', async () => {
    const seen: IncomingHttpHeaders[] = []
    const { url } = await serve({ ...echo, open: ({ request }) => void seen.push(request.headers) })
    const from = await redirect(`${url.replace('ws:', 'http:')}chat`)
    const { code, output, errors } = await run(
      ['connect', from, '-L', '--auth', 'me:x', '-H', 'Cookie: a=b', '-s', 'p'],
      'hi\n',
    )
    expect([code, output]).toEqual([1, ''])
    // The server takes no subprotocol: the one asked for is still asked for.
    expect(errors).toContain(`redirected (307) to ${url}chat, another origin: without --header, --auth`)
    expect(await run(['connect', from, '-L', '--auth', 'me:x', '-H', 'Cookie: a=b'], 'hi\n')).toMatchObject({
      code: 0,
      output: 'hi\n',
    })
    expect(seen.at(-1)).not.toHaveProperty('authorization')
    expect(seen.at(-1)).not.toHaveProperty('cookie')
    expect(await run(['connect', url, '--auth', 'me:x'], 'hi\n')).toMatchObject({ code: 0 })
    expect(seen.at(-1)).toHaveProperty('authorization')
  })

  test('Without it a redirect is a failure, and a circle ends', async () => {
    const circle = await redirect('/')
    const refused = await run(['connect', circle], 'hi\n')
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining('BW_DOCTOR_REDIRECTED') })
    expect(refused.errors).toContain('Here: --location follows redirects')
    const { code, errors } = await run(['connect', circle, '-L'], 'hi\n')
    expect([code, errors.match(/redirected \(307\)/g)?.length]).toEqual([1, 10])
  })
})

describe('--reconnect', () => {
  test('comes back after a server that was cut off, says --hello again, and loses no line of the input', async () => {
    const path = join(await folder(), 'hello.txt')
    await writeFile(path, 'login me\nsubscribe\n')
    const heard: string[] = []
    let onHeard = (): void => {}
    const route: Route<undefined> = {
      message(socket, message) {
        heard.push(String(message))
        onHeard()
        if (message === 'one') socket.terminate()
        else socket.send(`re: ${message}`)
      },
    }
    const { url } = await serve(route)
    const { child, outcome } = launch(['connect', url, '--reconnect', '--hello', path])
    const until = (count: number): Promise<void> =>
      new Promise(resolve => {
        onHeard = () => {
          if (heard.length >= count) resolve()
        }
        onHeard()
      })
    child.stdin.write('one\n')
    await until(5)
    child.stdin.end('two\n')
    const { code, output, errors } = await outcome
    expect(heard).toEqual(['login me', 'subscribe', 'one', 'login me', 'subscribe', 'two'])
    expect([code, output.trim().split('\n').at(-1)]).toEqual([0, 're: two'])
    expect(errors).toMatch(/connecting again in \d\.\d s/)
  })

  test('waits for a server that does not run yet, and a signal ends the waiting', async () => {
    const { server, url } = await serve(echo)
    await server.close()
    const { child, outcome } = launch(['connect', url, '--reconnect'])
    child.stdin.write('hi\n')
    await once(child.stderr, 'data')
    await serve(echo, Number(new URL(url).port))
    await once(child.stdout, 'data')
    child.stdin.end()
    expect(await outcome).toMatchObject({ code: 0, output: 'hi\n' })

    const other = launch(['connect', 'ws://127.0.0.1:1/', '--reconnect'])
    await once(other.child.stderr, 'data')
    other.child.kill('SIGINT')
    expect((await other.outcome).code).toBe(1)
  })
})

test.skipIf(process.platform === 'win32')(
  'A socket in the file system is reached as ws spells it',
  async () => {
    const path = join(await folder(), 'a.sock')
    const http = createHttpServer()
    const asked: string[] = []
    const server = createServer().route('/*', {
      ...echo,
      open: ({ request }) => void asked.push(`${request.url}`),
    })
    server.attach(http)
    cleanups.push(() => server.close({ timeoutMs: 0 }))
    http.listen(path)
    await once(http, 'listening')
    expect(await run(['connect', `ws+unix:${path}:/chat?x`], 'hi\n')).toEqual({
      code: 0,
      output: 'hi\n',
      errors: '',
    })
    expect(asked).toEqual(['ws://localhost/chat?x'])
    const absent = await run(['connect', `ws+unix:${path}.no:/`], 'hi\n')
    expect(absent).toMatchObject({ code: 1, errors: expect.stringContaining('ENOENT') })
  },
)
