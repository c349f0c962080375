import { deflateRawSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Extension, parseExtensions, serializeExtensions } from '../handshake/extensions.ts'
import { acceptDeflateOffer } from './accept-deflate-offer.ts'
import { type DeflateAgreement, deflateDirections } from './deflate-agreement.ts'
import { checkDeflateResponse, createDeflateOffer } from './deflate-offer.ts'
import { type DeflateOptions, resolveDeflateOptions } from './deflate-options.ts'

const full: DeflateAgreement = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
}

function parse(header: string): Extension[] {
  const extensions = parseExtensions(header)
  if (extensions === undefined) throw new Error(`Malformed: ${header}`)
  return extensions
}

/** The server's answer to a header, and its agreement. */
function accept(header: string, options: Partial<DeflateOptions> = {}) {
  const accepted = acceptDeflateOffer(parse(header), resolveDeflateOptions(options))
  return accepted && { agreement: accepted.agreement, answer: serializeExtensions([accepted.response]) }
}

function check(answer: string, offered: string) {
  const [response] = parse(answer)
  if (response === undefined) throw new Error('No extension.')
  return checkDeflateResponse(response, parse(offered))
}

// --- server

test.each<[string, Partial<DeflateOptions>, string, Partial<DeflateAgreement>]>([
  ['permessage-deflate', {}, 'permessage-deflate', {}],
  ['permessage-deflate; client_max_window_bits', {}, 'permessage-deflate', {}],
  [
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    {},
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
  ],
  [
    'permessage-deflate',
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
  ],
  [
    'permessage-deflate; server_max_window_bits=10',
    {},
    'permessage-deflate; server_max_window_bits=10',
    { serverMaxWindowBits: 10 },
  ],
  [
    'permessage-deflate; server_max_window_bits=15',
    {},
    'permessage-deflate; server_max_window_bits=15',
    { serverMaxWindowBits: 15 },
  ],
  [
    'permessage-deflate; server_max_window_bits=12',
    { serverMaxWindowBits: 10 },
    'permessage-deflate; server_max_window_bits=10',
    { serverMaxWindowBits: 10 },
  ],
  [
    'permessage-deflate; server_max_window_bits="9"',
    { serverMaxWindowBits: 10 },
    'permessage-deflate; server_max_window_bits=9',
    { serverMaxWindowBits: 9 },
  ],
  [
    'permessage-deflate',
    { serverMaxWindowBits: 10 },
    'permessage-deflate; server_max_window_bits=10',
    { serverMaxWindowBits: 10 },
  ],
  [
    'permessage-deflate; client_max_window_bits',
    { clientMaxWindowBits: 9 },
    'permessage-deflate; client_max_window_bits=9',
    { clientMaxWindowBits: 9 },
  ],
  [
    'permessage-deflate; client_max_window_bits=12',
    {},
    'permessage-deflate; client_max_window_bits=12',
    { clientMaxWindowBits: 12 },
  ],
  ['permessage-deflate; client_max_window_bits=15', {}, 'permessage-deflate', {}],
  [
    'permessage-deflate; client_max_window_bits=8',
    { clientMaxWindowBits: 12 },
    'permessage-deflate; client_max_window_bits=8',
    { clientMaxWindowBits: 8 },
  ],
])('The server with an offer %j and options %j answers %j', (header, options, answer, agreement) => {
  expect(accept(header, options)).toEqual({ answer, agreement: { ...full, ...agreement } })
})

test.each([
  'permessage-deflate; unknown',
  'permessage-deflate; server_no_context_takeover; server_no_context_takeover',
  'permessage-deflate; server_no_context_takeover=1',
  'permessage-deflate; client_no_context_takeover=true',
  'permessage-deflate; server_max_window_bits',
  'permessage-deflate; server_max_window_bits=7',
  'permessage-deflate; server_max_window_bits=08',
  'permessage-deflate; server_max_window_bits=16',
  'permessage-deflate; client_max_window_bits=99',
  'x-webkit-deflate-frame',
  'Permessage-Deflate',
])('The server declines the offer %j', header => {
  expect(accept(header)).toBeUndefined()
})

test('The server takes the first offer that it can take', () => {
  expect(
    accept(
      'other, permessage-deflate; unknown, permessage-deflate; server_max_window_bits=10, permessage-deflate',
    ),
  ).toMatchObject({ answer: 'permessage-deflate; server_max_window_bits=10' })
})

test('The server never limits the window of a client that did not offer it', () => {
  expect(accept('permessage-deflate', { clientMaxWindowBits: 14 })).toBeUndefined()
  expect(
    accept('permessage-deflate, permessage-deflate; client_max_window_bits', { clientMaxWindowBits: 14 }),
  ).toMatchObject({ answer: 'permessage-deflate; client_max_window_bits=14' })
})

test('Without offers there is no compression', () => {
  expect(acceptDeflateOffer([], resolveDeflateOptions())).toBeUndefined()
})

// --- client

test.each<[Partial<DeflateOptions>, string]>([
  [{}, 'permessage-deflate; client_max_window_bits'],
  [{ clientMaxWindowBits: 10 }, 'permessage-deflate; client_max_window_bits=10'],
  [
    {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 8,
    },
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=8',
  ],
])('The client with options %j offers %j', (options, header) => {
  expect(serializeExtensions([createDeflateOffer(resolveDeflateOptions(options))])).toBe(header)
})

test.each<[string, string, Partial<DeflateAgreement>]>([
  ['permessage-deflate', 'permessage-deflate', {}],
  [
    'permessage-deflate',
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9',
    { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9 },
  ],
  [
    'permessage-deflate; client_max_window_bits',
    'permessage-deflate; client_max_window_bits=8',
    { clientMaxWindowBits: 8 },
  ],
  [
    'permessage-deflate; server_max_window_bits=10',
    'permessage-deflate; server_max_window_bits=10',
    { serverMaxWindowBits: 10 },
  ],
  // The offer's parameters for the client itself hold whatever the server answers.
  [
    'permessage-deflate; client_no_context_takeover; client_max_window_bits=10',
    'permessage-deflate',
    { clientNoContextTakeover: true, clientMaxWindowBits: 10 },
  ],
  [
    'permessage-deflate; client_max_window_bits=10',
    'permessage-deflate; client_max_window_bits=12',
    { clientMaxWindowBits: 10 },
  ],
  // The answer fits the second of two offers.
  ['permessage-deflate; server_max_window_bits=10, permessage-deflate', 'permessage-deflate', {}],
])('The client that offered %j accepts %j', (offered, answer, agreement) => {
  expect(check(answer, offered)).toEqual({ ok: true, agreement: { ...full, ...agreement } })
})

test.each([
  ['permessage-deflate', 'permessage-deflate; client_max_window_bits=10', /not offered/],
  ['permessage-deflate; client_max_window_bits', 'permessage-deflate; client_max_window_bits', /got none/],
  ['permessage-deflate', 'permessage-deflate; server_max_window_bits=99', /got "99"/],
  ['permessage-deflate', 'permessage-deflate; server_max_window_bits=7', /from 8 to 15/],
  ['permessage-deflate', 'permessage-deflate; server_max_window_bits=08', /got "08"/],
  ['permessage-deflate', 'permessage-deflate; server_max_window_bits', /got none/],
  ['permessage-deflate', 'permessage-deflate; server_no_context_takeover=1', /no value/],
  ['permessage-deflate', 'permessage-deflate; unknown=1', /"unknown" is unknown/],
  ['permessage-deflate', 'permessage-deflate; server_max_window_bits=9; server_max_window_bits=9', /twice/],
  [
    'permessage-deflate; server_max_window_bits=10',
    'permessage-deflate; server_max_window_bits=11',
    /offered as 10, got 11/,
  ],
  ['permessage-deflate; server_max_window_bits=10', 'permessage-deflate', /offered as 10, got none/],
  ['permessage-deflate; server_no_context_takeover', 'permessage-deflate', /not accepted/],
  ['other', 'permessage-deflate', /not offered/],
])('The client that offered %j refuses %j', (offered, answer, problem) => {
  expect(check(answer, offered)).toEqual({ ok: false, problem: expect.stringMatching(problem) })
})

// --- both

const bits = fc.integer({ min: 8, max: 15 })
const options = fc.record({
  serverNoContextTakeover: fc.boolean(),
  clientNoContextTakeover: fc.boolean(),
  serverMaxWindowBits: bits,
  clientMaxWindowBits: bits,
})

test('Whatever both sides want, they agree, and on nothing beyond the wish of either', () => {
  fc.assert(
    fc.property(options, options, (ofClient, ofServer) => {
      const offer = createDeflateOffer(ofClient)
      const accepted = acceptDeflateOffer(parse(serializeExtensions([offer])), ofServer)
      if (accepted === undefined) throw new Error('The offer was declined.')
      const { agreement, response } = accepted
      expect(check(serializeExtensions([response]), serializeExtensions([offer]))).toEqual({
        ok: true,
        agreement,
      })
      expect(agreement).toEqual({
        serverNoContextTakeover: ofClient.serverNoContextTakeover || ofServer.serverNoContextTakeover,
        clientNoContextTakeover: ofClient.clientNoContextTakeover || ofServer.clientNoContextTakeover,
        serverMaxWindowBits: Math.min(ofClient.serverMaxWindowBits, ofServer.serverMaxWindowBits),
        clientMaxWindowBits: Math.min(ofClient.clientMaxWindowBits, ofServer.clientMaxWindowBits),
      })
    }),
    { seed: 7692, numRuns: 1000 },
  )
})

test('Whatever is offered, the answer of the server is one that the client accepts', () => {
  const name = fc.constantFrom(
    'server_no_context_takeover',
    'client_no_context_takeover',
    'server_max_window_bits',
    'client_max_window_bits',
    'unknown',
  )
  const value = fc.oneof(
    fc.constant(true as const),
    fc.constantFrom('7', '8', '9', '12', '15', '16', '08', 'x'),
  )
  const offer = fc.record({
    name: fc.constantFrom('permessage-deflate', 'other'),
    parameters: fc.array(fc.tuple(name, value), { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.array(offer, { maxLength: 4 }), options, (offers, ofServer) => {
      const accepted = acceptDeflateOffer(offers, ofServer)
      if (accepted === undefined) return
      expect(checkDeflateResponse(accepted.response, offers).ok).toBe(true)
      expect(accepted.agreement.serverMaxWindowBits).toBeLessThanOrEqual(ofServer.serverMaxWindowBits)
      expect(accepted.agreement.clientMaxWindowBits).toBeLessThanOrEqual(ofServer.clientMaxWindowBits)
    }),
    { seed: 71, numRuns: 2000 },
  )
})

test('Each role compresses its own direction and inflates the other', () => {
  const agreement: DeflateAgreement = {
    serverNoContextTakeover: true,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 9,
    clientMaxWindowBits: 12,
  }
  const server = { noContextTakeover: true, windowBits: 9 }
  const client = { noContextTakeover: false, windowBits: 12 }
  expect(deflateDirections(agreement, 'server')).toEqual({ outgoing: server, incoming: client })
  expect(deflateDirections(agreement, 'client')).toEqual({ outgoing: client, incoming: server })
})

test('A side whose window is 8 bits does not compress but inflates', () => {
  const agreement = { ...full, serverMaxWindowBits: 8 }
  expect(deflateDirections(agreement, 'server').outgoing).toBeUndefined()
  expect(deflateDirections(agreement, 'server').incoming).toMatchObject({ windowBits: 15 })
  expect(deflateDirections(agreement, 'client').outgoing).toMatchObject({ windowBits: 15 })
  expect(deflateDirections(agreement, 'client').incoming).toMatchObject({ windowBits: 8 })
  expect(deflateDirections({ ...full, clientMaxWindowBits: 8 }, 'client').outgoing).toBeUndefined()
})

test('zlib takes a raw window of 8 bits for 9, which is why a side with 8 bits does not compress', () => {
  const text = Buffer.from(Array.from({ length: 4000 }, (_, index) => index.toString(36)).join(''))
  const asked8 = deflateRawSync(text, { windowBits: 8 })
  expect(asked8.equals(deflateRawSync(text, { windowBits: 9 }))).toBe(true)
  expect(inflateRawSync(asked8, { windowBits: 15 }).equals(text)).toBe(true)
})
