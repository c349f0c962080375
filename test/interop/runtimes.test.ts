import { runChild, startChild } from '@bothways/test-support/child'
import { WebSocket as BothwaysWebSocket, createServer, type Server } from 'bothways'
import { WebSocket as UndiciWebSocket } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket as WsWebSocket } from 'ws'
import { bun, deno } from '../../tools/lib/runtimes.mjs'
import { servers } from './peer-servers.ts'
import { answer, converse } from './peers/conversation.mjs'

const runtimes: Record<string, readonly [command: string, args: readonly string[]]> = {
  Bun: [bun, []],
  Deno: [deno, ['run', '--quiet', '--allow-all']],
}
const protocols = ['b', 'a']
let server: Server
let url: string
beforeAll(async () => {
  server = createServer({ compression: true })
  server.route('/', {
    protocols: ['a'],
    message: answer,
  })
  url = (await server.listen()).url
})
afterAll(() => server.close({ timeoutMs: 500 }))

describe.each(Object.entries(runtimes))('In %s', (_, [command, args]) => {
  const peer = (file: string) => [...args, `test/interop/peers/${file}.mjs`]

  test.each(['plain', 'deflate'])(
    'our server gets through the whole conversation with others, %s',
    async how => {
      const child = await startChild(command, [...peer('bothways-server'), how])
      const address = `ws://127.0.0.1:${child.firstLine}/`
      try {
        for (const report of [
          await converse(() => new WsWebSocket(address, protocols)),
          await converse(() => new UndiciWebSocket(address, { protocols })),
          await converse(() => new BothwaysWebSocket(address, protocols)),
        ]) {
          expect(report).toMatchObject({ protocol: 'a', problems: [] })
        }
      } finally {
        await child.stop()
      }
    },
  )

  test('our client gets through the whole conversation', async () => {
    const report = JSON.parse(await runChild(command, [...peer('bothways-client'), url]))
    expect(report).toEqual({ protocol: 'a', problems: [], did: ['answers pings', 'pings'] })
  })

  test.each(Object.keys(servers))('our client gets through it with %s', async name => {
    const server = await servers[name]?.(undefined, true)
    if (server === undefined) throw new Error(`There is no server of ${name}.`)
    try {
      const report = JSON.parse(await runChild(command, [...peer('bothways-client'), server.url, name]))
      const did = [...(name === 'deno' ? [] : ['answers pings']), 'pings']
      // These two take the first that is offered.
      const protocol = name === 'ws' || name === 'websocket' ? 'b' : 'a'
      expect(report).toEqual({ protocol, problems: [], did })
    } finally {
      await server.stop()
    }
  })

  test('each drop-in does what it does in Node', async () => {
    const inNode = await runChild(process.execPath, ['test/interop/peers/drop-ins.mjs'])
    expect(await runChild(command, peer('drop-ins'))).toBe(inNode)
    expect(JSON.parse(inNode).ws).toEqual([true, [1, 2, 3], true, 4001, 'bye'])
  })
})
