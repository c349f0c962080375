import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import { readHeaderLines, readRequestHead } from '@bothways/protocol'
import { assert, assertSame, show } from './assert.mjs'
import { isTokenPlainly } from './plain-negotiation.mjs'

/** The fast path takes a plain head and no other, and makes of it what Node's own parser makes of it. */
export async function checkHead({ bytes: hex, end }) {
  const bytes = Buffer.from(hex, 'hex').subarray(0, end)
  const head = readRequestHead(Buffer.from(hex, 'hex'), end ?? hex.length / 2)
  const plain = readPlainly(bytes)
  assertSame(head, plain, show(bytes.toString('latin1')))
  if (head === undefined) return
  const headers = readHeaderLines(head.headerLines)
  assertSame(headers, headersPlainly(head.headerLines), show(head.headerLines))
  if (headers === undefined) return
  const seen = await askNode(bytes)
  assert(seen !== undefined, () => `Node refuses ${show(bytes.toString('latin1'))}`)
  const { method, httpVersion, target } = head
  assertSame({ method, httpVersion, target, headers }, seen.request, 'what Node reads')
  const rest = bytes.subarray(head.byteLength).toString('hex')
  if (seen.rest !== undefined) assertSame(rest, seen.rest, 'what follows the head')
}

const longestHeadBytes = 16 * 1024

/** RFC 9112 §3 and §5, for the plainest of requests. */
function readPlainly(bytes) {
  const text = bytes.toString('latin1', 0, longestHeadBytes)
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line] = text.split('\r\n')
  const [method, target, version, ...more] = line.split(' ')
  const isPlain = method === 'GET' && version === 'HTTP/1.1' && more.length === 0
  if (
    !isPlain ||
    !target.startsWith('/') ||
    ![...target].every(character => character > ' ' && character < '\x7f')
  ) {
    return undefined
  }
  const headerLines = text.slice(line.length + 2, end + 2)
  return { method, httpVersion: '1.1', target, headerLines, byteLength: end + 4 }
}

function headersPlainly(headerLines) {
  const headers = {}
  for (const line of headerLines.split('\r\n').slice(0, -1)) {
    const [name, ...values] = line.split(':')
    const value = values.join(':').replace(/^[ \t]+|[ \t]+$/g, '')
    const isVisible = [...value].every(
      character => character === '\t' || (character >= ' ' && character < '\x7f'),
    )
    const key = name.toLowerCase()
    if (values.length === 0 || !isTokenPlainly(name) || !isVisible) return undefined
    // A name that every object has is left to the complete parser as well.
    if (key in headers || ['content-length', 'transfer-encoding', 'expect'].includes(key)) return undefined
    headers[key] = value
  }
  return headers
}

let server

/** The request that Node's parser sees in these bytes; undefined: none. */
function askNode(bytes) {
  if (server === undefined) {
    server = createServer({ requireHostHeader: false, keepAliveTimeout: 0 })
    server.timeout = 0
    server.on('upgrade', (request, socket, rest) =>
      socket.tell({ ...request, rest: rest.toString('hex') }, request),
    )
    server.on('request', request => request.socket.tell({}, request))
    server.on('clientError', (_, socket) => socket.tell(undefined))
  }
  return new Promise(resolve => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    socket.tell = (facts, request) => {
      resolve(
        facts && {
          rest: facts.rest,
          request: {
            method: request.method,
            httpVersion: request.httpVersion,
            target: request.url,
            headers: { ...request.headers },
          },
        },
      )
      socket.destroy()
    }
    server.emit('connection', socket)
    socket.push(bytes)
  })
}
