import {
  Opcode,
  type ReceiverOptions,
  type Role,
  serializeCloseBody,
  serializeFrame,
} from '@bothways/protocol'
import { concat, octets, split, toHex, utf8 } from '@bothways/test-support/bytes'
import { checkLaw, cuts } from '@bothways/test-support/law'
import { type ReceiverEvent, receive } from '@bothways/test-support/receiver-log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

interface Control {
  readonly kind: 'ping' | 'pong'
  readonly payload: Uint8Array
}

interface Message {
  readonly isText: boolean
  readonly isCompressed: boolean
  readonly payload: Uint8Array
  /** Where the payload is cut into fragments; equal positions make empty ones. */
  readonly cuts: readonly number[]
  /** The control frames that go between the fragments. */
  readonly controls: readonly Control[]
}

const payloads = fc.uint8Array({ maxLength: 300 })
const control: fc.Arbitrary<Control> = fc.record({
  kind: fc.constantFrom('ping', 'pong'),
  payload: fc.uint8Array({ maxLength: 125 }),
})
const text = fc.string({ unit: 'binary', maxLength: 150 }).map(utf8)
const longPayload = fc
  .constantFrom(125, 126, 127, 65_535, 65_536, 70_000)
  .map(length => new Uint8Array(length).fill(0x61))

const message: fc.Arbitrary<Message> = fc
  .record({ isText: fc.boolean(), isCompressed: fc.boolean() })
  .chain(({ isText, isCompressed }) => {
    const payload = isText && !isCompressed ? text : payloads
    return fc.record({
      isText: fc.constant(isText),
      isCompressed: fc.constant(isCompressed),
      payload: fc.oneof({ weight: 9, arbitrary: payload }, { weight: 1, arbitrary: longPayload }),
      cuts: fc.array(fc.nat({ max: 400 }), { maxLength: 6 }),
      controls: fc.array(control, { maxLength: 4 }),
    })
  })

const close = fc.record({
  code: fc.constantFrom(undefined, 1000, 1001, 1011, 1014, 3000, 4999),
  reason: fc.string({ unit: 'grapheme', maxLength: 10 }),
})

function serialize(
  messages: readonly Message[],
  role: Role,
  keys: () => number,
): { bytes: Uint8Array; events: ReceiverEvent[] } {
  const frames: Uint8Array[] = []
  const events: ReceiverEvent[] = []
  const nextKey = () => (role === 'server' ? keys() : undefined)
  for (const { isText, isCompressed, payload, cuts: at, controls } of messages) {
    const positions = at.map(position => Math.min(position, payload.length)).sort((a, b) => a - b)
    const fragments = split(payload, positions)
    const waiting = [...controls]
    fragments.forEach((fragment, index) => {
      const isFirst = index === 0
      frames.push(
        serializeFrame(fragment, {
          opcode: isFirst ? (isText ? Opcode.Text : Opcode.Binary) : Opcode.Continuation,
          isFinal: index === fragments.length - 1,
          isCompressed: isFirst && isCompressed,
          maskingKey: nextKey(),
        }),
      )
      const next = index < fragments.length - 1 ? waiting.shift() : undefined
      if (next === undefined) return
      const opcode = next.kind === 'ping' ? Opcode.Ping : Opcode.Pong
      frames.push(serializeFrame(next.payload, { opcode, maskingKey: nextKey() }))
      events.push([next.kind, toHex(next.payload)])
    })
    events.push(eventOf(isText, isCompressed, payload))
  }
  return { bytes: concat(frames), events }
}

function eventOf(isText: boolean, isCompressed: boolean, payload: Uint8Array): ReceiverEvent {
  if (isCompressed) return [isText ? 'compressed text' : 'compressed binary', toHex(payload)]
  return isText
    ? ['text', new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload)]
    : ['binary', toHex(payload)]
}

/** Cuts that suit long streams too: few, anywhere. */
function fewCuts(length: number): fc.Arbitrary<readonly number[]> {
  return length <= 600
    ? cuts(length)
    : fc.uniqueArray(fc.nat({ max: length }), { maxLength: 20 }).map(at => at.sort((a, b) => a - b))
}

describe.each(['server', 'client'] as const)('Receiver as %s', role => {
  const options: ReceiverOptions = { role, maxMessageBytes: 1024 * 1024, isDeflateNegotiated: true }

  test('Messages survive, however fragmented, masked, mixed with control frames and cut into chunks', () => {
    const keys = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 8 })
    const streams = fc
      .tuple(fc.array(message, { maxLength: 5 }), keys, close)
      .map(([messages, keyList, { code, reason }]) => {
        let used = 0
        const nextKey = () => keyList[used++ % keyList.length] ?? 0
        const { bytes, events } = serialize(messages, role, nextKey)
        const said = code === undefined ? '' : reason
        const closeFrame = serializeFrame(serializeCloseBody(code, utf8(said)), {
          opcode: Opcode.Close,
          maskingKey: role === 'server' ? nextKey() : undefined,
        })
        return {
          bytes: concat([bytes, closeFrame]),
          events: [...events, ['close', code ?? 1005, said]] as ReceiverEvent[],
        }
      })
      .chain(stream => fc.tuple(fc.constant(stream), fewCuts(stream.bytes.length)))
    checkLaw(
      fc.property(streams, ([{ bytes, events }, at]) => {
        expect(receive(split(bytes, at), options)).toEqual(events)
      }),
      { numRuns: 500 },
    )
  })

  test('Any bytes make the same events whole and cut; nothing throws, nothing follows the end', () => {
    const headers = fc
      .tuple(
        fc.constantFrom(0x01, 0x81, 0x00, 0x80, 0x02, 0x82, 0x88, 0x89, 0x8a, 0xc1, 0x41),
        fc.nat({ max: 127 }),
        fc.uint8Array({ maxLength: 130 }),
      )
      .map(([first, length, rest]) => {
        const maskBit = role === 'server' ? 0x80 : 0
        return concat([Uint8Array.of(first, maskBit | length), rest])
      })
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(headers, { maxLength: 6 }).map(concat),
    )
    checkLaw(
      fc.property(
        anything.chain(bytes => fc.tuple(fc.constant(bytes), cuts(bytes.length))),
        fc.constantFrom(0, 1, 100, 1024 * 1024),
        ([bytes, at], maxMessageBytes) => {
          const all = { ...options, maxMessageBytes }
          const events = receive([bytes.slice()], all)
          expect(receive(split(bytes, at), all)).toEqual(events)
          expect(receive(octets(bytes), all)).toEqual(events)
          const end = events.findIndex(([kind]) => kind === 'close' || kind === 'violation')
          expect(end === -1 || end === events.length - 1).toBe(true)
        },
      ),
      { numRuns: 3_000 },
    )
  })

  test('The limit holds for the sum of the fragments, to the byte', () => {
    const parts = fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 6 })
    checkLaw(
      fc.property(parts, fc.integer({ min: -2, max: 2 }), (lengths, slack) => {
        const total = lengths.reduce((sum, length) => sum + length, 0)
        const maxMessageBytes = Math.max(0, total + slack)
        const bytes = concat(
          lengths.map((length, index) =>
            serializeFrame(new Uint8Array(length), {
              opcode: index === 0 ? Opcode.Binary : Opcode.Continuation,
              isFinal: index === lengths.length - 1,
              maskingKey: role === 'server' ? 0x01020304 : undefined,
            }),
          ),
        )
        const expected: ReceiverEvent[] =
          total <= maxMessageBytes
            ? [['binary', '00'.repeat(total)]]
            : [['violation', 'BW_MESSAGE_TOO_BIG', 1009]]
        expect(receive([bytes], { ...options, maxMessageBytes })).toEqual(expected)
      }),
    )
  })
})
