import { once } from 'node:events'
import { makeCertificate } from '@bothways/test-support/certificate'
import { type Child, startChild } from '@bothways/test-support/child'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from './websocket.ts'

// Another process: in this one, answers would come in the turns in which they are read.
const echo = `
  const { readFileSync } = require('node:fs')
  const { WebSocketServer } = require('ws')
  const [cert, key] = process.argv.slice(1).map(path => readFileSync(path))
  const server = require('node:https').createServer({ cert, key }).listen(0, '127.0.0.1', () => {
    console.log(server.address().port)
  })
  new WebSocketServer({ server }).on('connection', socket => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
`

const children: Child[] = []
afterEach(async () => {
  await Promise.all(children.splice(0).map(it => it.stop()))
})

test('Over TLS nothing is buffered any more when the answer has come', async () => {
  const { certPath, keyPath, cert } = await makeCertificate()
  const child = await startChild(process.execPath, ['-e', echo, certPath, keyPath])
  children.push(child)
  const socket = new WebSocket(`wss://127.0.0.1:${child.firstLine}`, [], { tls: { ca: cert } })
  await once(socket, 'open')
  const seen: number[] = []
  await new Promise<void>(resolve => {
    socket.addEventListener('message', () => {
      seen.push(socket.bufferedAmount)
      if (seen.length === 300) resolve()
      else socket.send('x'.repeat(seen.length))
    })
    socket.send('first')
  })
  socket.close()
  // A turn may be odd: the first message, or one behind a pause of the machine.
  expect(seen.filter(it => it > 0).length).toBeLessThan(30)
})
