import { type Server as HttpServer, type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterEarlierAnswers } from './earlier-answers.ts'
import { serveInTurnAgain } from './requests-in-turn.ts'

type Server = Pick<HttpServer, 'listeners' | 'emit'>

/** Headers that are about the upgrade alone (RFC 7540 §3.2.1 for the second). */
const upgradeNames: ReadonlySet<string> = new Set(['upgrade', 'http2-settings'])

/**
 * Answers a request to upgrade to something else, such as `h2c`, which clients of HTTP/2 ask for by the way, also with
 * a body: a server may ignore that (RFC 9110 §7.8), and did before we listened for upgrades. Node has stopped to
 * parse where the head ended; so the server gets the connection once more, and the request without its upgrade.
 *
 * @param head the bytes that came behind the head of the request
 */
export function answerWithoutUpgrade(
  server: Server,
  request: IncomingMessage,
  stream: Socket,
  head: Buffer,
): void {
  const onError = (): void => void stream.destroy()
  stream.on('error', onError)
  afterEarlierAnswers(stream, () => {
    if (!stream.writable) return
    const takeConnection = connectionListener(server, stream)
    if (takeConnection === undefined) {
      answerOnce(server, request, stream)
      return
    }
    stream.off('error', onError)
    const rest: Buffer = (stream.readableLength > 0 && stream.read()) || Buffer.alloc(0)
    const held = Buffer.concat([headWithoutUpgrade(request), head, rest])
    stream.unshift(held)
    takeConnection.call(server, stream)
    serveInTurnAgain(server, stream, held)
  })
}

/** Node's own listener, which makes a connection of TCP or TLS one of HTTP. */
function connectionListener(server: Server, stream: Socket): ((stream: Socket) => void) | undefined {
  const event = 'encrypted' in stream ? 'secureConnection' : 'connection'
  const listener = server.listeners(event).find(it => it.name === 'connectionListener')
  return listener as ((stream: Socket) => void) | undefined
}

/** Its body, if it has one, is lost; the connection ends with the answer. */
function answerOnce(server: Server, request: IncomingMessage, stream: Socket): void {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(stream)
  response.on('finish', () => stream.end(() => stream.destroy()))
  server.emit('request', request, response)
}

function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    const key = name.toLowerCase()
    if (upgradeNames.has(key)) continue
    text += `${name}: ${key === 'connection' ? withoutUpgradeTokens(value) : value}\r\n`
  }
  return Buffer.from(`${text}\r\n`, 'latin1')
}

function withoutUpgradeTokens(connection: string): string {
  const tokens = connection.split(',').filter(token => !upgradeNames.has(token.trim().toLowerCase()))
  return tokens.join(',').trim()
}
