import { once } from 'node:events'
import { runChild } from '@bothways/test-support/child'
import { socketIoWays } from '@bothways/test-support/socket-io-clients'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Socket } from '../../drop-ins/socket.io/src/index.ts'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { openScene, type Scene } from './scene.ts'

let scene: Scene
beforeAll(async () => {
  scene = await openScene()
})
afterAll(() => scene.close())

describe.each(['/', '/other'])('python3-socketio in the namespace %s', namespace => {
  test.each(Object.keys(socketIoWays))('talks by %s', async way => {
    const connected = once(scene.io.of(namespace), 'connection')
    const script = 'test/socket.io/peers/client.py'
    const running = runChild(systemPrograms().python, [
      script,
      `http://127.0.0.1:${scene.port}`,
      way,
      namespace,
    ])
    const [socket] = (await Promise.race([connected, running.then(() => [])])) as [Socket]
    const gone = once(socket as never, 'disconnect')
    const transport = way === 'polling' ? 'polling' : 'websocket'
    expect(JSON.parse(await running)).toEqual({
      welcome: ['hello', { from: 'server' }],
      answer: ['äöü ✓ 文字 😀', { deep: [1, null] }],
      bytes: [[0, 1, 254, 255], true],
      told: ['to room'],
      transport,
      atServer: transport,
    })
    expect((await gone)[0]).toBe('server namespace disconnect')
  })
})

test.each(['polling', 'websocket'])(
  'python3-socketio that goes by itself is gone at the server: %s',
  async way => {
    const connected = once(scene.io, 'connection')
    const program = `import socketio; it = socketio.Client(); it.connect('http://127.0.0.1:${scene.port}', transports=['${way}']); it.disconnect()`
    const running = runChild(systemPrograms().python, ['-c', program])
    const [socket] = (await Promise.race([connected, running.then(() => [])])) as [Socket]
    const [reason] = await once(socket as never, 'disconnect')
    expect(['client namespace disconnect', 'transport close']).toContain(reason)
    await running
  },
)
