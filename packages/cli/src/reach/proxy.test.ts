import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { makeCertificate } from '@bothways/test-support/certificate'
import { run } from '@bothways/test-support/command'
import { createServer, type Server } from 'bothways'
import { afterEach, describe, expect, test } from 'vitest'
import { WrongUse } from '../wrong-use.ts'
import { chooseProxy } from './proxy-choice.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** A proxy that takes every name for this machine. */
async function startProxy(credentials?: string): Promise<{ host: string; asked: string[] }> {
  const asked: string[] = []
  const proxy = createHttpServer()
  proxy.on('connect', (request, socket) => {
    asked.push(String(request.url))
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
    if (request.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const target = connect(Number(String(request.url).split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.pipe(socket).pipe(target)
    })
    for (const each of [socket, target]) each.on('error', () => {})
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  cleanups.push(() => proxy.close())
  return { host: `127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked }
}

async function serve(listen: Parameters<Server['listen']>[0] = {}): Promise<string> {
  const server = createServer().route('/*', { message: (socket, message) => socket.send(message) })
  cleanups.push(() => server.close({ timeoutMs: 0 }))
  return (await server.listen(listen)).url
}

describe('--proxy', () => {
  test('A message goes through the tunnel, with the proxy’s user and password', async () => {
    const { host, asked } = await startProxy('me:p@ss')
    const { port } = new URL(await serve())
    const outcome = await run(
      ['connect', `ws://chat.test:${port}/`, '--proxy', `http://me:p%40ss@${host}`],
      'hi\n',
    )
    expect(outcome).toEqual({ code: 0, output: 'hi\n', errors: '' })
    expect(asked).toEqual([`chat.test:${port}`])
  })

  test('TLS is spoken inside the tunnel, and checks the name of the server', async () => {
    const certificate = await makeCertificate()
    const { host } = await startProxy()
    const { port } = new URL(await serve({ tls: certificate }))
    const through = ['--ca', certificate.certPath, '--proxy', host]
    expect(await run(['connect', `wss://localhost:${port}/`, ...through], 'hi\n')).toMatchObject({
      code: 0,
      output: 'hi\n',
    })
    expect(await run(['connect', `wss://chat.test:${port}/`, ...through], 'hi\n')).toMatchObject({ code: 1 })
  })

  test('A proxy that refuses, or is not there, is named', async () => {
    const { host } = await startProxy('me:x')
    const refused = await run(['connect', 'ws://chat.test/', '--proxy', host], 'hi\n')
    expect(refused.code).toBe(1)
    expect(refused.errors).toContain(`the proxy ${host} answered 407`)
    const absent = await run(['connect', 'ws://chat.test/', '--proxy', 'http://127.0.0.1:1'], 'hi\n')
    expect(absent.code).toBe(1)
    expect(absent.errors).toContain('the proxy 127.0.0.1:1 cannot be reached')
  })

  test('The doctor goes through it as well, over TLS, too, and names what is behind it', async () => {
    const certificate = await makeCertificate()
    const { host, asked } = await startProxy()
    const { port } = new URL(await serve({ tls: certificate }))
    const through = ['--ca', certificate.certPath, '--proxy', host]
    const healthy = await run(['doctor', `wss://localhost:${port}/`, ...through])
    expect(healthy).toMatchObject({ code: 0, output: expect.stringContaining('is healthy') })
    expect(new Set(asked)).toEqual(new Set([`localhost:${port}`]))
    const plain = await run(['doctor', `ws://chat.test:${port}/`, '--proxy', host, '--json'])
    expect(JSON.parse(plain.output).findings).toMatchObject([{ code: 'BW_DOCTOR_WS_TO_TLS_PORT' }])
  })

  test('The doctor names a proxy that opens no tunnel', async () => {
    const { host } = await startProxy('me:x')
    const codeOf = async (...args: string[]) =>
      JSON.parse((await run(['doctor', 'ws://chat.test/', '--json', '--proxy', ...args])).output).findings[0]
        .code
    expect(await codeOf(host)).toBe('BW_DOCTOR_PROXY_AUTHENTICATION')
    expect(await codeOf('http://127.0.0.1:1')).toBe('BW_DOCTOR_PROXY_UNREACHABLE')
  })
})

test.each<[string, string | undefined, NodeJS.ProcessEnv, string | undefined]>([
  ['ws://a.test/', 'p:1', { http_proxy: 'http://q/' }, 'http://p:1/'],
  ['ws://a.test/', 'none', { http_proxy: 'http://q/' }, undefined],
  ['ws://localhost/', 'p:1', {}, 'http://p:1/'],
  ['ws://a.test/', undefined, {}, undefined],
  ['ws://a.test/', undefined, { HTTP_PROXY: 'q:2' }, 'http://q:2/'],
  ['ws://a.test/', undefined, { http_proxy: 'p', HTTP_PROXY: 'q' }, 'http://p/'],
  ['ws://a.test/', undefined, { https_proxy: 'p' }, undefined],
  ['wss://a.test/', undefined, { https_proxy: 'p' }, 'http://p/'],
  ['wss://a.test/', undefined, { ALL_PROXY: 'https://p' }, 'https://p/'],
  ['ws://127.0.0.1:9001/', undefined, { http_proxy: 'p' }, undefined],
  ['ws://[::1]/', undefined, { http_proxy: 'p' }, undefined],
  ['ws://a.test/', undefined, { http_proxy: 'p', no_proxy: '*' }, undefined],
  ['ws://b.a.test/', undefined, { http_proxy: 'p', NO_PROXY: 'x.test, .a.test' }, undefined],
  ['ws://ba.test/', undefined, { http_proxy: 'p', no_proxy: 'a.test' }, 'http://p/'],
  ['ws://a.test/', undefined, { http_proxy: 'p', no_proxy: 'a.test:80' }, undefined],
  ['ws://a.test:81/', undefined, { http_proxy: 'p', no_proxy: 'a.test:80' }, 'http://p/'],
])('%s with --proxy %s and %j goes through %s', (url, option, env, proxy) => {
  expect(chooseProxy(new URL(url), option, env)?.href).toBe(proxy)
})

test.each(['socks5://p:1', 'http://me:50%@p', 'two words', ''])('%j is no proxy', text => {
  expect(() => chooseProxy(new URL('ws://a.test/'), text, {})).toThrow(WrongUse)
})
