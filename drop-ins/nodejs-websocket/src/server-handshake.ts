import { checkRequest, readRequestHead, serializeResponse, serverResponseHeaders } from '@bothways/protocol'
import { headLines, readHeaders } from './head.ts'

/** A client's opening handshake that can be accepted. */
export interface OpeningRequest {
  readonly path: string
  readonly headers: Record<string, string>
  readonly key: string
  /** As the client offers them, best first. */
  readonly protocols: string[]
}

/** All that a refused client is told, whatever was wrong. */
export const refusal: string = serializeResponse(400, [])

/** Reads the head of a request; undefined when it is to be refused. */
export function readOpeningRequest(head: Buffer): OpeningRequest | undefined {
  const request = readRequestHead(head)
  if (request === undefined) return undefined
  const headers = readHeaders(headLines(head).slice(1))
  // The original looks at no extensions, and takes any text for the name of a protocol.
  const { 'sec-websocket-extensions': _extensions, 'sec-websocket-protocol': offered, ...others } = headers
  const { method, httpVersion, target } = request
  const checked = checkRequest({ method, httpVersion, headers: others })
  if (!checked.ok) return undefined
  const protocols = offered === undefined ? [] : offered.split(',').map(name => name.trim())
  return { path: target, headers, key: checked.key, protocols }
}

/** The answer that opens the connection. */
export function openingAnswer(key: string, protocol: string | undefined): string {
  const headers = serverResponseHeaders({ key })
  return serializeResponse(101, protocol ? [...headers, ['Sec-WebSocket-Protocol', protocol]] : headers)
}
