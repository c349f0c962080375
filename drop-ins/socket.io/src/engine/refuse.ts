import { Buffer } from 'node:buffer'
import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type EngineRefusal, errors, messageOf } from './server-errors.ts'

/** Refuses a request: with 403 when the program has, else with 400 or the refusal's own status; the code in JSON. */
export function refuseRequest(response: ServerResponse, refusal: EngineRefusal): void {
  if (response.headersSent) {
    // A middleware has begun to answer.
    if (!response.writableEnded) response.end()
    return
  }
  const body = JSON.stringify({ code: refusal.code, message: messageOf(refusal) })
  const status = refusal.status ?? (refusal.code === errors.FORBIDDEN ? 403 : 400)
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(body)
}

/** Refuses a request to upgrade: 400 or the refusal's own status, and the reason in text. */
export function refuseUpgrade(socket: Duplex, refusal: EngineRefusal): void {
  const message = messageOf(refusal)
  const status = refusal.status ?? 400
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-type: text/html',
    `Content-Length: ${Buffer.byteLength(message)}`,
  ]
  endUpgrade(socket, `${head.join('\r\n')}\r\n\r\n${message}`)
}

/** Answers a request to upgrade and ends its connection. */
export function endUpgrade(socket: Duplex, answer: string): void {
  if (socket.writable) socket.end(answer, () => socket.destroy())
  else socket.destroy()
}
