import { expect, test } from 'vitest'
import type { ExtensionParameter } from '../handshake/extensions.ts'
import { resolveDeflateOptions } from './deflate-options.ts'
import { parseDeflateParameters } from './deflate-parameters.ts'

const none = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: undefined,
  clientMaxWindowBits: undefined,
}

test('All four parameters are read, in any order', () => {
  const list: ExtensionParameter[] = [
    ['client_max_window_bits', '9'],
    ['server_max_window_bits', '10'],
    ['client_no_context_takeover', true],
    ['server_no_context_takeover', true],
  ]
  for (const origin of ['offer', 'response'] as const) {
    expect(parseDeflateParameters(list, origin)).toEqual({
      ok: true,
      parameters: {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 9,
      },
    })
    expect(parseDeflateParameters([], origin)).toEqual({ ok: true, parameters: none })
  }
})

test('Every window from 8 to 15 bits is valid', () => {
  for (let bits = 8; bits <= 15; bits++) {
    for (const name of ['server_max_window_bits', 'client_max_window_bits']) {
      expect(parseDeflateParameters([[name, String(bits)]], 'response')).toMatchObject({ ok: true })
    }
  }
})

test('Only an offer may leave out the value of client_max_window_bits', () => {
  expect(parseDeflateParameters([['client_max_window_bits', true]], 'offer')).toEqual({
    ok: true,
    parameters: { ...none, clientMaxWindowBits: true },
  })
  expect(parseDeflateParameters([['client_max_window_bits', true]], 'response')).toMatchObject({ ok: false })
})

const badBits = ['7', '16', '08', '015', '0', '99', '-8', '+8', '8.0', '1e1', 'x', '1'].flatMap(
  (bits): ExtensionParameter[][] => [[['server_max_window_bits', bits]], [['client_max_window_bits', bits]]],
)
test.each<[ExtensionParameter[]]>([
  ...badBits.map((list): [ExtensionParameter[]] => [list]),
  [[['server_max_window_bits', true]]],
  [[['server_no_context_takeover', '1']]],
  [[['client_no_context_takeover', 'true']]],
  [[['unknown', true]]],
  [[['Server_no_context_takeover', true]]],
  [
    [
      ['server_no_context_takeover', true],
      ['server_no_context_takeover', true],
    ],
  ],
  [
    [
      ['client_max_window_bits', true],
      ['client_max_window_bits', '10'],
    ],
  ],
])('The parameters %j are invalid in an offer and in a response', list => {
  for (const origin of ['offer', 'response'] as const) {
    expect(parseDeflateParameters(list, origin)).toEqual({ ok: false, problem: expect.any(String) })
  }
})

test('Options have defaults', () => {
  expect(resolveDeflateOptions()).toEqual({
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  })
  expect(resolveDeflateOptions({ serverMaxWindowBits: 8 })).toMatchObject({ serverMaxWindowBits: 8 })
})

test.each([7, 16, 9.5, Number.NaN, -15])('A window of %d bits throws a UsageError', bits => {
  const error = expect.objectContaining({ code: 'BW_INVALID_OPTION' })
  expect(() => resolveDeflateOptions({ serverMaxWindowBits: bits })).toThrow(error)
  expect(() => resolveDeflateOptions({ clientMaxWindowBits: bits })).toThrow(error)
})
