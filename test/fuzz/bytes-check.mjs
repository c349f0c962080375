import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import {
  acceptKey,
  applyMask,
  copyMasked,
  createKey,
  createReadMemory,
  frameHeaderBytes,
  isSendableCloseCode,
  isValidKey,
  parseCloseBody,
  serializeCloseBody,
  serializeFrame,
  Utf8Validator,
  writeFrameHeader,
} from '@bothways/protocol'
import { encodeBase64 } from '../../packages/protocol/src/handshake/base64.ts'
import * as pureSha1 from '../../packages/protocol/src/platform/sha1.ts'
import * as pureUtf8 from '../../packages/protocol/src/platform/utf8.ts'
import { Utf8Scanner } from '../../packages/protocol/src/text/utf8-scanner.ts'
import { assert, assertSame } from './assert.mjs'
import { canBeText } from './plain-receiver.mjs'
import { maskPlainly } from './stream-cases.mjs'

/** Bytes that are handled in clever ways come out as in the plain one. */
export function checkBytes(it) {
  const bytes = Buffer.from(it.bytes, 'hex')
  checkText(bytes, it.cuts)
  checkMasks(bytes, it)
  checkFrame(bytes, it)
  checkKeys(bytes)
  checkClose(bytes, it.code)
}

function checkText(bytes, cuts) {
  assertSame(pureUtf8.isUtf8(bytes), isUtf8(bytes), 'isUtf8 without Node')
  if (isUtf8(bytes)) {
    assertSame(pureUtf8.decodeUtf8(bytes), bytes.toString(), 'decodeUtf8 without Node')
    assertSame(
      Buffer.from(pureUtf8.encodeUtf8(bytes.toString())).toString('hex'),
      bytes.toString('hex'),
      'encodeUtf8',
    )
  }
  const validator = new Utf8Validator()
  const scanner = new Utf8Scanner()
  let start = 0
  for (const end of [...cuts, bytes.length]) {
    const isPossible = canBeText(bytes.subarray(0, end), false)
    assertSame(validator.push(bytes.subarray(start, end)), isPossible, `text up to byte ${end}`)
    assertSame(scanner.scan(bytes, start, end), isPossible, `the scanner's text up to byte ${end}`)
    if (!isPossible) return
    assertSame(validator.isComplete, isUtf8(bytes.subarray(0, end)), `the text's completeness at byte ${end}`)
    assertSame(scanner.isComplete, validator.isComplete, `the scanner's completeness at byte ${end}`)
    start = end
  }
}

let memory

function checkMasks(bytes, { key: keyHex, phase, offset }) {
  const keyBytes = Buffer.from(keyHex, 'hex')
  const key = keyBytes.readUInt32BE()
  const expected = maskPlainly(bytes, keyBytes, phase)
  const inPlace = new Uint8Array(new ArrayBuffer(offset + bytes.length), offset)
  inPlace.set(bytes)
  applyMask(inPlace, key, phase)
  assertSame(hexOf(inPlace), hexOf(expected), 'applyMask')

  const target = new Uint8Array(offset + bytes.length)
  copyMasked(bytes, target, offset, key, phase)
  assertSame(hexOf(target.subarray(offset)), hexOf(expected), 'copyMasked')

  memory ??= createReadMemory(64 * 1024)
  memory.bytes.fill(0x55, 0, offset + bytes.length + 32)
  memory.bytes.set(bytes, offset)
  const end = offset + bytes.length
  const isAscii = memory.mask(offset, end, key, phase)
  assertSame(hexOf(memory.bytes.subarray(offset, end)), hexOf(expected), 'mask of read memory')
  assertSame(memory.bytes[end], 0x55, 'the byte behind what was masked')
  assert(!isAscii || expected.every(byte => byte < 0x80), () => 'bytes above 0x7f that count as ASCII')
  if (isUtf8(expected))
    assertSame(memory.text(offset, end, isAscii), expected.toString(), 'text of read memory')
  memory.bytes.set(bytes, offset)
  if (isUtf8(bytes)) assertSame(memory.text(offset, end, false), bytes.toString(), 'text of read memory')
}

function checkFrame(bytes, { first, key: keyHex, length }) {
  const options = { opcode: first & 15, isFinal: first >= 128, isCompressed: (first & 0x40) !== 0 }
  const keyBytes = Buffer.from(keyHex, 'hex')
  for (const maskingKey of [undefined, keyBytes.readUInt32BE()]) {
    const isMasked = maskingKey !== undefined
    const expectedHeader = headerPlainly(first, length, isMasked ? keyBytes : undefined)
    const header = new Uint8Array(20)
    const end = writeFrameHeader(header, 3, length, { ...options, maskingKey })
    assertSame(hexOf(header.subarray(3, end)), hexOf(expectedHeader), `the header for ${length} bytes`)
    assertSame(frameHeaderBytes(length, isMasked), expectedHeader.length, `frameHeaderBytes of ${length}`)
    if ((first & 8) !== 0 && bytes.length > 125) {
      assertThrows(() => serializeFrame(bytes, { ...options, maskingKey }), 'BW_CONTROL_FRAME_TOO_LONG')
      continue
    }
    const expected = Buffer.concat([
      headerPlainly(first, bytes.length, isMasked ? keyBytes : undefined),
      isMasked ? maskPlainly(bytes, keyBytes, 0) : bytes,
    ])
    assertSame(hexOf(serializeFrame(bytes, { ...options, maskingKey })), hexOf(expected), 'serializeFrame')
  }
}

/** RFC 6455 §5.2 */
function headerPlainly(first, length, key) {
  const maskBit = key === undefined ? 0 : 0x80
  const long = Buffer.alloc(8)
  long.writeBigUInt64BE(BigInt(length))
  const rest = key ?? Buffer.alloc(0)
  if (length <= 125) return Buffer.concat([Buffer.of(first, maskBit | length), rest])
  if (length <= 65_535) return Buffer.concat([Buffer.of(first, maskBit | 126), long.subarray(6), rest])
  return Buffer.concat([Buffer.of(first, maskBit | 127), long, rest])
}

function checkKeys(bytes) {
  assertSame(encodeBase64(bytes), bytes.toString('base64'), 'base64')
  const digest = createHash('sha1').update(bytes).digest('hex')
  assertSame(hexOf(pureSha1.sha1(bytes)), digest, 'SHA-1 without Node')
  const random = Buffer.concat([bytes, Buffer.alloc(16)]).subarray(0, 16)
  const key = createKey(random)
  assertSame(key, random.toString('base64'), 'the key')
  assertSame(isValidKey(key), true, `${key} as a key`)
  for (const wrong of [
    key.slice(0, -1),
    key.slice(0, -2),
    `${key}=`,
    `=${key}`,
    ` ${key}`,
    bytes.toString('base64'),
  ]) {
    assertSame(
      isValidKey(wrong),
      Buffer.from(wrong, 'base64').length === 16 && wrong.length === 24,
      `${wrong} as a key`,
    )
  }
  assertSame(acceptKey(key), acceptPlainly(key), `the answer to ${key}`)
  if (bytes.length !== 16) assertThrows(() => createKey(bytes), 'BW_INVALID_OPTION')
}

/** RFC 6455 §4.2.2 step 5.4 */
export function acceptPlainly(key) {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

function checkClose(bytes, code) {
  const mayBeSent =
    (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
  assertSame(isSendableCloseCode(code), mayBeSent, `the close code ${code}`)
  assertSame(isSendableCloseCode(code + 0.5), false, `the close code ${code}.5`)
  const body = serializeCloseBody(code, bytes)
  assertSame(hexOf(body), code.toString(16).padStart(4, '0') + hexOf(bytes), 'the body of a close frame')
  const close = parseCloseBody(body)
  const expected = !mayBeSent
    ? 'BW_INVALID_CLOSE_CODE'
    : isUtf8(bytes)
      ? undefined
      : 'BW_INVALID_CLOSE_REASON'
  assertSame(
    'reason' in close ? undefined : close.code,
    expected,
    'what is wrong with the body of a close frame',
  )
  if ('reason' in close) assertSame(close, { code, reason: bytes.toString() }, 'the body of a close frame')
}

function assertThrows(call, code) {
  let thrown
  try {
    call()
  } catch (error) {
    thrown = error
  }
  assertSame(thrown?.code, code, 'what is thrown')
}

function hexOf(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
