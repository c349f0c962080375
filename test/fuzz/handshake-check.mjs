import {
  acceptDeflateOffer,
  checkDeflateResponse,
  checkRequest,
  checkResponse,
  createDeflateOffer,
  createRequestHeaders,
  HandshakeError,
  parseExtensions,
  resolveDeflateOptions,
  serializeExtensions,
  serializeRefusal,
  serverResponseHeaders,
} from '@bothways/protocol'
import { assert, assertSame, show } from './assert.mjs'
import { judgeRequest, judgeResponse } from './plain-handshake.mjs'
import { acceptPlainly, agreePlainly, extensionsPlainly } from './plain-negotiation.mjs'

/** A server takes and refuses what it must, and the client that made the offer understands what it agrees to. */
export function checkHandshakeRequest(it) {
  const expected = judgeRequest(it)
  const result = checkRequest({ method: it.line, httpVersion: it.httpVersion, headers: it.headers })
  if (!result.ok) {
    const { refusal } = result
    assertSame(refusal.code, expected.code, `${show(it.headers)} is refused`)
    const answer = serializeRefusal(refusal)
    assert(/^HTTP\/1\.1 4\d\d [\x20-\x7e]+\r\n/.test(answer), () => `refused with ${show(answer)}`)
    return
  }
  const { key, subprotocols, origin } = result
  const extensions = result.extensions.map(({ name, parameters }) => [name, parameters])
  assertSame({ key, subprotocols, extensions, origin }, expected, show(it.headers))
  checkExtensions(result, it.deflate)
  checkAnswer(result, it.deflate)
}

/** The extensions that were read are written, read again, and taken by the client that wrote them. */
function checkExtensions({ extensions: offers }, options) {
  const text = serializeExtensions(offers)
  assertSame(parseExtensions(text), offers.length > 0 ? offers : undefined, `extensions read again: ${text}`)

  const plainOffers = offers.map(({ name, parameters }) => [name, parameters])
  const accepted = acceptDeflateOffer(offers, resolveDeflateOptions(options))
  const expected = acceptPlainly(plainOffers, options)
  const answer = accepted && { agreement: accepted.agreement, answer: accepted.response.parameters }
  assertSame(answer, expected, `${text} with ${show(options)}`)
  if (accepted === undefined) return
  const checked = checkDeflateResponse(accepted.response, offers)
  assert(checked.ok, () => `the client refuses ${show(accepted.response)}: ${checked.problem}`)
  const agreed = agreePlainly(accepted.response.parameters, plainOffers)
  assertSame(checked.agreement, agreed, `what the client takes ${show(accepted.response)} for`)
}

/** The client that asked takes the answer. */
function checkAnswer({ key, subprotocols, extensions }, options) {
  const accepted = acceptDeflateOffer(extensions, resolveDeflateOptions(options))
  const [subprotocol] = subprotocols
  const list = serverResponseHeaders({ key, subprotocol, extensions: accepted ? [accepted.response] : [] })
  const headers = Object.fromEntries(list.map(([name, value]) => [name.toLowerCase(), value]))
  const result = checkResponse({ status: 101, headers }, { key, subprotocols, extensions })
  assert(result.ok, () => `the client refuses ${show(headers)}: ${result.error.code}`)
  assertSame(result.subprotocol, subprotocol ?? '', 'the subprotocol')
}

/** A client takes and refuses what it must. */
export function checkHandshakeResponse(it) {
  const { key, subprotocols, headers } = it
  const extensions = it.deflate === undefined ? [] : [createDeflateOffer(resolveDeflateOptions(it.deflate))]
  const asked = createRequestHeaders({ key, subprotocols, extensions, host: 'example.com' })
  const offered = new Map(asked.map(([name, value]) => [name.toLowerCase(), value]))
  const offers = extensionsPlainly(offered.get('sec-websocket-extensions'))
  checkOffer(offers, it.deflate)

  const expected = judgeResponse({ ...it, offers })
  const result = checkResponse({ status: it.line, headers, body: 'body' }, { key, subprotocols, extensions })
  if (!result.ok) {
    assert(result.error instanceof HandshakeError, () => 'an error of another kind')
    assertSame(result.error.code, expected.code, `${show(headers)} is refused`)
    return
  }
  const read = result.extensions.map(({ name, parameters }) => [name, parameters])
  const { subprotocol, deflate } = result
  assertSame({ subprotocol, extensions: read, deflate }, expected, show(headers))
}

/** RFC 7692 §7.1: the offer says what the options ask for, and always that the client's window can be limited. */
function checkOffer(offers, options) {
  if (options === undefined) {
    assertSame(offers, [], 'the offer')
    return
  }
  const bits = value => (value === 15 ? undefined : `${value}`)
  const parameters = Object.fromEntries(offers[0][1])
  const expected = {
    server_no_context_takeover: options.serverNoContextTakeover || undefined,
    client_no_context_takeover: options.clientNoContextTakeover || undefined,
    server_max_window_bits: bits(options.serverMaxWindowBits),
    client_max_window_bits: bits(options.clientMaxWindowBits) ?? true,
  }
  for (const [name, value] of Object.entries(expected))
    assertSame(parameters[name], value, `the offer's ${name}`)
}
