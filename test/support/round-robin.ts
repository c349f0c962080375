import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

export interface RoundRobin {
  readonly url: string
  /** Answers of 400 and more, as texts. */
  readonly refused: string[]
  close(): void
}

/** A balancer without sticky sessions: each request, and each upgrade, goes to the next server. */
export async function roundRobin(ports: readonly number[]): Promise<RoundRobin> {
  const refused: string[] = []
  let count = 0
  const forward = ({ method, url, headers }: IncomingMessage) => {
    const port = ports[count++ % ports.length] as number
    return httpRequest({ port, host: '127.0.0.1', method, path: url, headers, agent: false })
  }
  const note = ({ method, url }: IncomingMessage, { statusCode = 0 }: IncomingMessage): void => {
    if (statusCode >= 400) refused.push(`${method} ${url}: ${statusCode}`)
  }
  const proxy = createServer((request, response) => {
    const onward = forward(request)
    onward.on('response', answer => {
      note(request, answer)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })
  proxy.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const onward = forward(request)
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
    const answer = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage): void => {
      socket.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n`)
      for (let at = 0; at < rawHeaders.length; at += 2)
        socket.write(`${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`)
      socket.write('\r\n')
    }
    onward.on('response', response => {
      note(request, response)
      answer(response)
      response.pipe(socket)
    })
    onward.on('upgrade', (response, server, first) => {
      answer(response)
      socket.write(first)
      server.write(head)
      server.on('error', () => socket.destroy())
      server.on('close', () => socket.destroy())
      socket.on('close', () => server.destroy())
      socket.pipe(server).pipe(socket)
    })
    onward.end()
  })
  // A thousand clients may come in one turn: those beyond the 511 of Node.js would be reset.
  const where = { port: 0, host: '127.0.0.1', backlog: 4096 }
  await new Promise<void>(resolve => proxy.listen(where, resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    refused,
    close() {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}
