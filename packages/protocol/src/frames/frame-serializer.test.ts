import { isBothwaysError } from '@bothways/protocol'
import { concat, hex, toHex, utf8 } from '@bothways/test-support/bytes'
import { masked, rawMaskingKeyWord } from '@bothways/test-support/raw-frame'
import { describe, expect, test } from 'vitest'
import { maxCloseReasonBytes } from './close-code.ts'
import {
  checkControlPayload,
  frameHeaderBytes,
  maxControlPayloadBytes,
  serializeCloseBody,
  serializeFrame,
  writeFrameHeader,
} from './frame-serializer.ts'
import { Opcode } from './opcode.ts'

describe('serializeFrame', () => {
  test.each([
    [0, '82 00'],
    [125, '82 7d'],
    [126, '82 7e 007e'],
    [127, '82 7e 007f'],
    [65_535, '82 7e ffff'],
    [65_536, '82 7f 0000000000010000'],
  ])('writes the length %i in the shortest encoding, for both roles', (length, header) => {
    const payload = new Uint8Array(length).fill(0x61)
    const unmaskedFrame = serializeFrame(payload, { opcode: Opcode.Binary })
    expect(unmaskedFrame).toEqual(concat([hex(header), payload]))
    const maskedFrame = serializeFrame(payload, { opcode: Opcode.Binary, maskingKey: rawMaskingKeyWord })
    expect(maskedFrame).toEqual(masked([header, payload]))
  })

  test.each([
    [{ opcode: Opcode.Text }, '81'],
    [{ opcode: Opcode.Text, isFinal: false }, '01'],
    [{ opcode: Opcode.Continuation, isFinal: false }, '00'],
    [{ opcode: Opcode.Continuation }, '80'],
    [{ opcode: Opcode.Text, isCompressed: true }, 'c1'],
    [{ opcode: Opcode.Binary, isCompressed: true, isFinal: false }, '42'],
    [{ opcode: Opcode.Close }, '88'],
    [{ opcode: Opcode.Ping }, '89'],
    [{ opcode: Opcode.Pong }, '8a'],
  ])('writes %o as the first byte %s', (options, first) => {
    expect(toHex(serializeFrame(new Uint8Array(0), options))).toBe(`${first}00`)
  })

  test('writes a masking key of zero as a key', () => {
    const frame = serializeFrame(utf8('ab'), { opcode: Opcode.Text, maskingKey: 0 })
    expect(frame).toEqual(hex('81 82 00000000 61 62'))
  })

  test('writes masking keys with their highest bit set', () => {
    const frame = serializeFrame(hex('00 00 00 00'), { opcode: Opcode.Text, maskingKey: 0xfffefdfc })
    expect(frame).toEqual(hex('81 84 fffefdfc fffefdfc'))
  })

  test('copies the payload and leaves it as it was', () => {
    const payload = utf8('payload')
    const frame = serializeFrame(payload, { opcode: Opcode.Text, maskingKey: rawMaskingKeyWord })
    expect(payload).toEqual(utf8('payload'))
    expect(frame.buffer).not.toBe(payload.buffer)
  })

  test('refuses a control frame of more than 125 bytes', () => {
    expect(maxControlPayloadBytes).toBe(125)
    for (const opcode of [Opcode.Close, Opcode.Ping, Opcode.Pong]) {
      expect(serializeFrame(new Uint8Array(125), { opcode })).toHaveLength(127)
      expect(codeOf(() => serializeFrame(new Uint8Array(126), { opcode }))).toBe('BW_CONTROL_FRAME_TOO_LONG')
    }
    expect(codeOf(() => checkControlPayload(126))).toBe('BW_CONTROL_FRAME_TOO_LONG')
    expect(codeOf(() => checkControlPayload(125))).toBeUndefined()
  })
})

describe('writeFrameHeader', () => {
  test('writes at an offset and tells where the payload begins', () => {
    const target = new Uint8Array(20).fill(0xee)
    const options = { opcode: Opcode.Text, maskingKey: rawMaskingKeyWord } as const
    expect(writeFrameHeader(target, 3, 300, options)).toBe(11)
    expect(target.subarray(0, 12)).toEqual(hex('eeeeee 81 fe 012c 37fa213d ee'))
  })

  test('writes lengths beyond 32 bits', () => {
    const target = new Uint8Array(10)
    expect(writeFrameHeader(target, 0, 2 ** 33 + 5, { opcode: Opcode.Binary })).toBe(10)
    expect(target).toEqual(hex('82 7f 00000002 00000005'))
  })

  test('needs as many bytes as frameHeaderBytes says', () => {
    for (const isMasked of [false, true]) {
      for (const length of [0, 125, 126, 65_535, 65_536, 2 ** 40]) {
        const options = { opcode: Opcode.Binary, maskingKey: isMasked ? 1 : undefined }
        const end = writeFrameHeader(new Uint8Array(14), 0, length, options)
        expect(frameHeaderBytes(length, isMasked)).toBe(end)
      }
    }
  })
})

describe('serializeCloseBody', () => {
  test('is empty without a code, else the code and the reason', () => {
    expect(serializeCloseBody(undefined, utf8(''))).toEqual(hex(''))
    expect(serializeCloseBody(1000, utf8(''))).toEqual(hex('03e8'))
    expect(serializeCloseBody(4999, utf8('é'))).toEqual(hex('1387 c3a9'))
  })

  test('fills a control frame to the byte with the longest reason', () => {
    expect(maxCloseReasonBytes).toBe(123)
    const body = serializeCloseBody(1000, new Uint8Array(maxCloseReasonBytes))
    expect(body).toHaveLength(maxControlPayloadBytes)
  })
})

function codeOf(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return isBothwaysError(error) ? error.code : 'not ours'
  }
}
