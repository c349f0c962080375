import {
  acceptDeflateOffer,
  checkDeflateResponse,
  type DeflateDirections,
  type DeflateOptions,
  deflateDirections,
  parseExtensions,
  type Role,
  resolveDeflateOptions,
} from '@bothways/protocol'
import { hex, octets } from '@bothways/test-support/bytes'
import { framesTo, type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import { ReferenceDeflater, ReferenceInflater } from '@bothways/test-support/reference-deflate'
import { describe, expect, test } from 'vitest'
import { EchoEndpoint } from './echo-endpoint.ts'

/** Section 13: an offer, and the agreement that a server with these options makes of it. */
interface Negotiation {
  readonly id: string
  readonly offer: string
  readonly options?: Partial<DeflateOptions>
  /** The agreement that must come about, as the server's directions. */
  readonly outgoing: readonly [noContextTakeover: boolean, windowBits: number] | undefined
  readonly incoming: readonly [noContextTakeover: boolean, windowBits: number]
}

const negotiations: readonly Negotiation[] = [
  { id: '13.1', offer: 'permessage-deflate', outgoing: [false, 15], incoming: [false, 15] },
  {
    id: '13.1 limits',
    offer: 'permessage-deflate; client_max_window_bits',
    options: { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
    outgoing: [false, 10],
    incoming: [false, 9],
  },
  {
    id: '13.2',
    offer: 'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
    outgoing: [true, 15],
    incoming: [true, 15],
  },
  {
    id: '13.3',
    offer: 'permessage-deflate; server_max_window_bits=9; client_max_window_bits=9',
    outgoing: [false, 9],
    incoming: [false, 9],
  },
  {
    id: '13.4',
    offer: 'permessage-deflate; server_max_window_bits=15; client_max_window_bits=15',
    outgoing: [false, 15],
    incoming: [false, 15],
  },
  {
    id: '13.5',
    offer:
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9',
    outgoing: [true, 9],
    incoming: [true, 9],
  },
  {
    id: '13.6',
    offer:
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits',
    outgoing: [true, 15],
    incoming: [true, 15],
  },
  {
    id: '13.7',
    offer:
      'permessage-deflate; server_max_window_bits=7, permessage-deflate; server_max_window_bits=11; server_no_context_takeover, permessage-deflate',
    outgoing: [true, 11],
    incoming: [false, 15],
  },
  {
    id: '13.8',
    offer: 'permessage-deflate; server_max_window_bits=8; client_max_window_bits=8',
    // zlib cannot compress with 8 bits: the server then sends every message as it is.
    outgoing: undefined,
    incoming: [false, 8],
  },
  {
    id: '13.9',
    offer: 'permessage-deflate; client_no_context_takeover',
    options: { serverNoContextTakeover: true },
    outgoing: [true, 15],
    incoming: [true, 15],
  },
]

const sizes = [0, 1, 16, 64, 256, 1_024, 4_096, 8_192, 16_384, 32_768, 32_769, 65_536, 131_072]
const kinds = ['text', 'noise', 'zeros'] as const

describe.each(['server', 'client'] as const)('An echo endpoint as %s', role => {
  describe.each(negotiations)('$id $offer', ({ offer, options, outgoing, incoming }) => {
    const { server, client } = negotiate(offer, resolveDeflateOptions(options))
    const mine = role === 'server' ? server : client
    const theirs = role === 'server' ? client : server

    test('Both sides see the agreement alike', () => {
      const direction = (it: readonly [boolean, number] | undefined) =>
        it && { noContextTakeover: it[0], windowBits: it[1] }
      expect(server).toEqual({ outgoing: direction(outgoing), incoming: direction(incoming) })
      expect(client.incoming).toEqual(direction(outgoing) ?? { noContextTakeover: false, windowBits: 8 })
    })

    test.each(kinds)('12 Messages of all sizes come back compressed, fragmented and not: %s', async kind => {
      const endpoint = compressing(role, mine)
      const deflater = new ReferenceDeflater(theirs.outgoing ?? mine.incoming)
      const inflater = new ReferenceInflater(mine.outgoing ?? theirs.incoming)
      let answered = 0
      for (const size of [...sizes, ...sizes.toReversed()]) {
        const message = sampleOf(kind, size)
        const payload = await deflater.deflate(message)
        for (const frames of waysToSend(
          kind === 'text' ? 1 : 2,
          payload,
          theirs.outgoing === undefined || mine.incoming.noContextTakeover,
        )) {
          for (const frame of frames) endpoint.write(framesTo(role, [frame]))
          answered++
          expect(await endpoint.until(() => endpoint.frames().length >= answered)).toBe(true)
          const answer = endpoint.frames()[answered - 1]
          if (answer === undefined) throw new Error('No answer')
          expect(answer).toMatchObject({ opcode: kind === 'text' ? 1 : 2, isFinal: true })
          expect(answer.isCompressed).toBe(mine.outgoing !== undefined)
          const back = answer.isCompressed ? await inflater.inflate(answer.payload) : answer.payload
          expect(back.equals(message)).toBe(true)
        }
      }
      deflater.close()
      inflater.close()
      await expectClose(endpoint, role, answered)
    })
  })

  const agreed = negotiate('permessage-deflate', resolveDeflateOptions())[role]
  const section = 'RFC 7692'

  test.each([
    ['§7.2.3.1 one block', ['c1 07', hex('f248cdc9c90700')]],
    ['§7.2.3.3 a block without compression', ['c1 0b', hex('000500faff48656c6c6f00')]],
    ['§7.2.3.4 a final block', ['c1 08', hex('f348cdc9c9070000')]],
    ['§7.2.3.5 two blocks', ['c1 0d', hex('f2480500 0000ffff cac9c90700')]],
  ] as [string, RawFrame][])(`${section} %s`, async (_, frame) => {
    const endpoint = new EchoEndpoint(role, {}, agreed)
    for (const chunk of octets(framesTo(role, [frame]))) endpoint.write(chunk)
    await expectFrames(endpoint, [[1, 'Hello']])
    await expectClose(endpoint, role, 1)
  })

  test(`${section} §7.2.3.2 A second message refers to the first`, async () => {
    const endpoint = new EchoEndpoint(role, {}, agreed)
    endpoint.write(
      framesTo(role, [
        ['c1 07', hex('f248cdc9c90700')],
        ['c1 05', hex('f200110000')],
      ]),
    )
    await expectFrames(endpoint, [
      [1, 'Hello'],
      [1, 'Hello'],
    ])
    await expectClose(endpoint, role, 2)
  })

  test(`${section} §6 Compressed and plain messages alternate, control frames come amid fragments`, async () => {
    const endpoint = new EchoEndpoint(role, {}, agreed)
    endpoint.write(
      framesTo(role, [
        ['41 03', hex('f248cd')],
        ['89 02', 'hi'],
        ['80 04', hex('c9c90700')],
        ['81 05', 'plain'],
        ['c1 05', hex('f200110000')],
      ]),
    )
    await expectFrames(endpoint, [
      [10, 'hi'],
      [1, 'Hello'],
      [1, 'plain'],
      [1, 'Hello'],
    ])
    await expectClose(endpoint, role, 4)
  })

  test.each([
    ['does not inflate', ['c1 04', hex('ffffffff')], 1007],
    ['refers to text before its beginning', ['c1 05', hex('f200110000')], 1007],
    ['inflates to text that is not UTF-8', ['c1 07', hex('00 0100 feff ff 00')], 1007],
    ['has RSV1 on a continuation', ['c0 00', ''], 1002],
    ['has RSV1 on a ping', ['c9 00', ''], 1002],
    ['has RSV2', ['a1 00', ''], 1002],
  ] as [string, RawFrame, number][])(
    `${section} A frame that %s fails the connection`,
    async (_, frame, code) => {
      const endpoint = new EchoEndpoint(role, {}, agreed)
      endpoint.write(framesTo(role, [['81 04', 'good'], frame, ['89 00']]))
      await endpoint.until(() => endpoint.hasEndedTcp)
      const frames = endpoint.frames()
      expect(frames.map(({ opcode }) => opcode)).toEqual([1, 8])
      expect(frames[1]?.payload.readUInt16BE()).toBe(code)
      endpoint.endTcp()
      expect(await endpoint.until(() => endpoint.disconnect !== undefined)).toBe(true)
    },
  )

  test('10.4 A message that inflates beyond the limit fails with 1009, one that fills it does not', async () => {
    const limit = 100_000
    const deflater = new ReferenceDeflater({ noContextTakeover: true, windowBits: 15 })
    const full = await deflater.deflate(new Uint8Array(limit))
    const over = await deflater.deflate(new Uint8Array(limit + 1))
    const bomb = await deflater.deflate(new Uint8Array(50 * 1024 * 1024))
    for (const tooBig of [over, bomb]) {
      const endpoint = new EchoEndpoint(role, { maxMessageBytes: limit }, agreed)
      endpoint.write(framesTo(role, [rawFrame('c2', full), rawFrame('c2', tooBig)]))
      expect(await endpoint.until(() => endpoint.hasEndedTcp)).toBe(true)
      const frames = endpoint.frames()
      expect(frames.map(({ opcode }) => opcode)).toEqual([2, 8])
      expect(frames[1]?.payload.readUInt16BE()).toBe(1009)
      endpoint.endTcp()
      expect(await endpoint.until(() => endpoint.disconnect !== undefined)).toBe(true)
    }
  })
})

function negotiate(
  offer: string,
  options: DeflateOptions,
): { server: DeflateDirections; client: DeflateDirections } {
  const offers = parseExtensions(offer)
  const accepted = offers && acceptDeflateOffer(offers, options)
  if (!accepted) throw new Error(`Declined: ${offer}`)
  const checked = checkDeflateResponse(accepted.response, offers)
  if (!checked.ok) throw new Error(checked.problem)
  return {
    server: deflateDirections(accepted.agreement, 'server'),
    client: deflateDirections(checked.agreement, 'client'),
  }
}

function compressing(role: Role, deflate: DeflateDirections): EchoEndpoint {
  return new EchoEndpoint(role, { compression: { thresholdBytes: 0 } }, deflate)
}

function sampleOf(kind: (typeof kinds)[number], size: number): Buffer {
  if (kind === 'zeros') return Buffer.alloc(size)
  if (kind === 'text') return Buffer.alloc(size, '{"topic":"stock","price":17.25,"at":"noon"}\n')
  // A linear congruential generator: bytes that do not compress, the same each time.
  const noise = Buffer.alloc(size)
  let state = size + 1
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    noise[index] = state >>> 16
  }
  return noise
}

/** One message in one frame, or in fragments. With context a payload may be sent only once. */
function waysToSend(opcode: number, payload: Uint8Array, canRepeat: boolean): RawFrame[][] {
  const whole = [rawFrame(`c${opcode}`, payload)]
  const size = Math.max(1, Math.ceil(payload.length / 5))
  const pieces = [0, 1, 2, 3, 4].map(index => {
    const first = index === 0 ? `4${opcode}` : index === 4 ? '80' : '00'
    return rawFrame(first, payload.subarray(index * size, (index + 1) * size))
  })
  return canRepeat ? [whole, pieces] : [payload.length % 2 === 0 ? whole : pieces]
}

async function expectFrames(
  endpoint: EchoEndpoint,
  expected: readonly (readonly [opcode: number, payload: string])[],
): Promise<void> {
  await endpoint.until(() => endpoint.frames().length >= expected.length)
  await endpoint.idle()
  const frames = endpoint.frames().map(({ opcode, payload }) => [opcode, payload.toString()])
  expect(frames).toEqual(expected)
}

/** The connection is in order afterwards: a close frame is answered, and TCP ends. */
async function expectClose(endpoint: EchoEndpoint, role: Role, answered: number): Promise<void> {
  endpoint.write(framesTo(role, [rawFrame('88', hex('03e8'))]))
  expect(await endpoint.until(() => endpoint.frames().length > answered)).toBe(true)
  endpoint.endTcp()
  expect(await endpoint.until(() => endpoint.disconnect !== undefined)).toBe(true)
  expect(endpoint.frames().length).toBe(answered + 1)
  expect(endpoint.frames()[answered]).toMatchObject({ opcode: 8, payload: Buffer.from(hex('03e8')) })
}
