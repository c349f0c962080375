import { isUtf8 } from 'node:buffer'
import { Opcode, type Role } from '@bothways/protocol'
import { octets } from '@bothways/test-support/bytes'
import type { ReadFrame } from '@bothways/test-support/frame-reader'
import { framesTo, type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import { expect } from 'vitest'
import type { Answer, Delivery, Row } from './row.ts'

/** An echo connection of one role, and the test's raw access to its byte stream. */
export interface Endpoint {
  write(chunk: Uint8Array): void
  endTcp(): void
  frames(): ReadFrame[]
  hasWritten(count: number): boolean
  until(isTrue: () => boolean): Promise<boolean>
  idle(): Promise<void>
  readonly hasEndedTcp: boolean
  /** Undefined until the connection has ended. */
  readonly disconnect: unknown
}

/** Writes what a row says, and expects exactly its answers and its end. */
export async function checkRow(endpoint: Endpoint, role: Role, row: Row, delivery: Delivery): Promise<void> {
  for (const chunk of chunksOf(role, row.write, delivery)) endpoint.write(chunk)
  await expectAnswers(endpoint, row.expect)

  if (row.end === undefined) {
    expect(endpoint.hasEndedTcp).toBe(false)
    endpoint.write(framesTo(role, [rawFrame('88', Uint8Array.of(0x0f, 0xa0))]))
    await expectAnswers(endpoint, [...row.expect, ['close', 4000]])
  }
  // RFC 6455 §7.1.1: the server ends TCP; a client only when it fails the connection (§7.1.7).
  const endsFirst = role === 'server' || row.end === 'failed'
  if (endsFirst) expect(await endpoint.until(() => endpoint.hasEndedTcp)).toBe(true)
  else expect(endpoint.hasEndedTcp).toBe(false)
  endpoint.endTcp()
  expect(await endpoint.until(() => endpoint.disconnect !== undefined)).toBe(true)
  expect(endpoint.hasEndedTcp).toBe(true)
  await expectAnswers(endpoint, row.end === undefined ? [...row.expect, ['close', 4000]] : row.expect)
}

function chunksOf(role: Role, frames: readonly RawFrame[], delivery: Delivery): Uint8Array[] {
  if (delivery === 'frames') return frames.map(frame => framesTo(role, [frame]))
  const bytes = framesTo(role, frames)
  return delivery === 'whole' ? [bytes] : octets(bytes)
}

/** Exactly these frames come, and nothing behind them. */
export async function expectAnswers(endpoint: Endpoint, answers: readonly Answer[]): Promise<void> {
  await endpoint.until(() => endpoint.hasWritten(answers.length))
  await endpoint.idle()
  const frames = endpoint.frames()
  expect(frames.map(describeFrame)).toEqual(answers.map(describeAnswer))
  for (const [index, answer] of answers.entries()) {
    if (answer[0] === 'close') continue
    const isSame = frames[index]?.payload.equals(Buffer.from(answer[1]))
    expect(isSame, `payload of answer ${index}`).toBe(true)
  }
}

const names: Readonly<Record<number, string>> = {
  [Opcode.Text]: 'text',
  [Opcode.Binary]: 'binary',
  [Opcode.Ping]: 'ping',
  [Opcode.Pong]: 'pong',
  [Opcode.Continuation]: 'continuation',
}

/** In words short enough to read in a failed comparison. */
function describeFrame({ opcode, isFinal, isCompressed, payload }: ReadFrame): string {
  if (opcode !== Opcode.Close) {
    const flags = `${isFinal ? '' : ' not final'}${isCompressed ? ' compressed' : ''}`
    return `${names[opcode]} of ${payload.length}${flags}`
  }
  if (payload.length > 0 && !isUtf8(payload.subarray(2))) return 'close whose reason is not UTF-8'
  return `close ${payload.length === 0 ? undefined : payload.readUInt16BE()}`
}

function describeAnswer([kind, payload]: Answer): string {
  return kind === 'close' ? `close ${payload}` : `${kind} of ${Buffer.from(payload).length}`
}
