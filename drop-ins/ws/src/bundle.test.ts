import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

test('A bundler keeps the statics of the class', async () => {
  const entry = 'program'
  const program = `import WebSocket, { WebSocket as Socket } from 'ws'; export default [WebSocket.Server, Socket.Sender]`
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    logLevel: 'silent',
    resolve: { alias: { ws: join(import.meta.dirname, '../dist/index.js') } },
    plugins: [
      {
        name: 'program',
        resolveId: id => (id === entry ? id : undefined),
        load: id => (id === entry ? program : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'es' })
  await bundle.close()
  const bundled: { default: unknown[] } = await import(
    /* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`
  )
  expect(bundled.default.map(it => typeof it)).toEqual(['function', 'function'])
})
