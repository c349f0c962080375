import { concat, hex, utf8 } from '@bothways/test-support/bytes'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProtocolViolation } from '../errors.ts'
import { parseCloseBody } from './close-body.ts'
import { CloseCode, isSendableCloseCode } from './close-code.ts'
import { serializeCloseBody } from './frame-serializer.ts'

/** RFC 6455 §7.4 and the IANA registry, as a list. */
const registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]

describe('isSendableCloseCode', () => {
  test('takes exactly the registered codes and 3000 to 4999, of all that two bytes can say', () => {
    const isListed = (code: number): boolean => registered.includes(code) || (code >= 3000 && code <= 4999)
    const wrong = Array.from({ length: 65_536 }, (_, code) => code).filter(
      code => isSendableCloseCode(code) !== isListed(code),
    )
    expect(wrong).toEqual([])
  })

  test('takes none of the codes that never stand on the wire, and no fractions', () => {
    const local = [CloseCode.NoStatusReceived, CloseCode.Abnormal, CloseCode.TlsHandshakeFailed]
    for (const code of [...local, 1000.5, 3000.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 65_536 + 1000]) {
      expect(isSendableCloseCode(code)).toBe(false)
    }
  })
})

describe('parseCloseBody', () => {
  test('reads what serializeCloseBody writes', () => {
    const reasons = fc.string({ unit: 'grapheme', maxLength: 20 })
    checkLaw(
      fc.property(fc.constantFrom(...registered, 3000, 4999), reasons, (code, reason) => {
        expect(parseCloseBody(serializeCloseBody(code, utf8(reason)))).toEqual({ code, reason })
      }),
    )
    expect(parseCloseBody(hex(''))).toEqual({ code: 1005, reason: '' })
  })

  test.each([
    ['a body of one byte', hex('03'), 'BW_CLOSE_BODY_OF_ONE_BYTE', 1002],
    ['a code that must not be sent', hex('03ee'), 'BW_INVALID_CLOSE_CODE', 1002],
    ['a reason that is not UTF-8', hex('03e8 ff'), 'BW_INVALID_CLOSE_REASON', 1007],
    ['a reason that ends inside a character', hex('03e8 e282'), 'BW_INVALID_CLOSE_REASON', 1007],
  ])('returns a violation for %s', (_, body, code, closeCode) => {
    const result = parseCloseBody(body)
    expect(result).toBeInstanceOf(ProtocolViolation)
    expect(result).toMatchObject({ code, closeCode })
  })

  test('keeps a byte order mark in the reason', () => {
    const body = concat([hex('03e8'), utf8('\ufeffbye')])
    expect(parseCloseBody(body)).toEqual({ code: 1000, reason: '\ufeffbye' })
  })

  test('returns, and never throws, for any body', () => {
    checkLaw(
      fc.property(fc.uint8Array({ maxLength: 125 }), body => {
        expect(() => parseCloseBody(body)).not.toThrow()
      }),
    )
  })
})
