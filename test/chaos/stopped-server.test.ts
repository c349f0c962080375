import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'bothways'
import { expect, onTestFinished, test } from 'vitest'
import { startChild } from '../support/child.ts'

// TOPICS-PROTOCOL: the same key within its window is the same publication. A publication that was sent before a process was
// stopped for longer than half of it may have been sent again elsewhere, so it is not read.

const keyWindowMs = 8000
const program = fileURLToPath(new URL('stopped-server.mjs', import.meta.url))

test('A server that was stopped for more than half the key window closes its connections and reads nothing from them', async () => {
  const server = await startChild(process.execPath, [program, String(keyWindowMs)])
  onTestFinished(async () => void (await server.stop('SIGKILL')))
  const url = server.firstLine
  const client = new WebSocket(url.replace('http', 'ws'), 'bothways.v1')
  await once(client, 'message')
  const kept = await publishByHttp(url, 'before')
  await kept.answer
  const stream = await fetch(`${url}/events?topic=room/1`)

  process.kill(server.pid, 'SIGSTOP')
  client.send(
    JSON.stringify({ type: 'publish', id: 1, topic: 'room/1', data: 'by WebSocket', key: 'k'.repeat(22) }),
  )
  kept.send('on a connection from before')
  // The system accepts it for the process.
  const backlog = await publishByHttp(url, 'on a connection of meanwhile')
  await delay(keyWindowMs / 2 + 100)
  const closed = once(client, 'close')
  const ended = [closed, once(kept.socket, 'close'), once(backlog.socket, 'close')]
  process.kill(server.pid, 'SIGCONT')

  await Promise.all(ended)
  expect(await closed).toMatchObject([{ code: 1006 }])
  await expect(stream.text()).rejects.toThrow()
  const history = await (await fetch(`${url}/history?topic=room/1&last=10`)).json()
  expect(history).toMatchObject({ messages: [{ data: 'before' }] })
  await delay(1000)
  const after = await publishByHttp(url, 'after')
  expect(await after.answer).toMatch(/^HTTP\/1.1 200 /)
})

interface Publisher {
  readonly socket: Socket
  readonly answer: Promise<string>
  send(data: string): void
}

async function publishByHttp(url: string, data: string): Promise<Publisher> {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  const send = (text: string): void => {
    const body = JSON.stringify({ topic: 'room/1', data: text })
    socket.write(
      `POST ${pathname}/publish HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  }
  await once(socket, 'connect')
  const answer = once(socket, 'data').then(String, String)
  send(data)
  return { socket, answer, send }
}
