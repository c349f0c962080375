import { inspect } from 'node:util'
import { connect, type TestClient } from '@bothways/test-support/test-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createServer, type Server } from './server.ts'
import type { ServerSocket } from './server-socket.ts'

let server: Server
let sockets: ServerSocket[]
let clients: TestClient[]

beforeEach(async () => {
  sockets = []
  server = createServer()
  server.route('/', { open: socket => void sockets.push(socket as ServerSocket) })
  const { url } = await server.listen()
  clients = [await connect(url), await connect(url), await connect(url)]
})

afterEach(() => server.close())

test('The sockets of a server are a set: in the order in which they came, and live', async () => {
  const all = server.sockets
  expect([...all]).toEqual(sockets)
  expect([...all.keys()]).toEqual(sockets)
  expect([...all.entries()]).toEqual(sockets.map(it => [it, it]))
  expect(new Set(all)).toEqual(new Set(sockets))
  expect(sockets.every(it => all.has(it))).toBe(true)
  const seen: unknown[] = []
  all.forEach((...args) => void seen.push(args))
  expect(seen).toEqual(sockets.map(it => [it, it, all]))
  expect(inspect(all)).toMatch(/^Set\(3\) \{/)

  clients[1]?.connection.close()
  await clients[1]?.closed
  await expect.poll(() => all.size).toBe(2)
  expect([...all]).toEqual([sockets[0], sockets[2]])
  expect(all.has(sockets[1] as ServerSocket)).toBe(false)
})

test("Another server's socket is not among them, nor is anything that is no socket", async () => {
  const other = createServer()
  expect(other.sockets.has(sockets[0] as ServerSocket)).toBe(false)
  expect(server.sockets.has({} as ServerSocket)).toBe(false)
  await other.close()
})

test('A socket that leaves during an iteration is left out, unless its turn has been', async () => {
  const met: unknown[] = []
  for (const socket of server.sockets) {
    met.push(socket)
    for (const it of [sockets[0], sockets[1]]) it?.terminate()
    await expect.poll(() => server.sockets.size).toBe(1)
  }
  expect(met).toEqual([sockets[0], sockets[2]])
})

test('They have the algebra of sets where the runtime has it', () => {
  for (const name of ['union', 'intersection', 'difference', 'isSubsetOf', 'isDisjointFrom']) {
    const method: unknown = Reflect.get(Set.prototype, name)
    const own: unknown = Reflect.get(server.sockets, name)
    expect(typeof own).toBe(typeof method)
    if (typeof method !== 'function' || typeof own !== 'function') continue
    const other = new Set([sockets[1], sockets[2], {}])
    expect(Reflect.apply(own, server.sockets, [other])).toEqual(
      Reflect.apply(method, new Set(sockets), [other]),
    )
  }
})
