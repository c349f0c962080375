import { isUtf8 } from 'node:buffer'
import { Opcode, type Role } from '@bothways/protocol'
import { octets } from '@bothways/test-support/bytes'
import type { ReadFrame } from '@bothways/test-support/frame-reader'
import { framesTo, type RawFrame, rawFrame } from '@bothways/test-support/raw-frame'
import { afterAll, describe, expect, test } from 'vitest'
import { closeHandshake, fragmentation, pings } from './control-frames.ts'
import { EchoEndpoint, wires } from './echo-endpoint.ts'
import { framing, lengthEncodings, opcodes, reservedBits } from './framing.ts'
import { longMessages, messageLimits } from './limits.ts'
import type { Answer, Delivery, Row } from './row.ts'
import { text } from './utf8.ts'

const tables: Readonly<Record<string, readonly Row[]>> = {
  framing,
  lengthEncodings,
  pings,
  reservedBits,
  opcodes,
  fragmentation,
  text,
  closeHandshake,
  longMessages,
  messageLimits,
}

const roles = ['server', 'client'] as const
const passed = new Map<string, number>()

const all = ['whole', 'frames', 'octets'] as const
/** Only servers take WebSockets over HTTP/2. */
const places = roles
  .flatMap(role => Object.entries(wires).map(([wire, open]) => ({ role, wire, open })))
  .filter(({ role, wire }) => role === 'server' || wire !== 'Http2Transport')

describe.each(places)('An echo endpoint as $role on $wire', ({ role, wire, open }) => {
  describe.each(Object.entries(tables))('%s', (name, rows) => {
    test.each(rows)('$id $rule', async row => {
      // TCP joins what is written in parts.
      const deliveries = wire === 'memory' ? (row.deliveries ?? all) : (['whole'] as const)
      for (const delivery of deliveries) {
        await checkRow(new EchoEndpoint(role, row.options, undefined, await open()), role, row, delivery)
      }
      const place = `${role} on ${wire}, ${name}`
      passed.set(place, (passed.get(place) ?? 0) + 1)
    })
  })

  test('A frame masked the wrong way fails with 1002 behind the echo of a good one', async () => {
    const wrongRole = role === 'server' ? 'client' : 'server'
    const endpoint = new EchoEndpoint(role, {}, undefined, await open())
    endpoint.write(framesTo(role, [rawFrame('81', 'good')]))
    endpoint.write(framesTo(wrongRole, [rawFrame('81', 'wrong')]))
    await expectAnswers(endpoint, [
      ['text', 'good'],
      ['close', 1002],
    ])
    expect(await endpoint.until(() => endpoint.hasEndedTcp)).toBe(true)
    endpoint.endTcp()
  })
})

afterAll(() => {
  const lines = places.map(({ role, wire }) => {
    const counts = Object.entries(tables).map(
      ([name, rows]) => `${name} ${passed.get(`${role} on ${wire}, ${name}`) ?? 0}/${rows.length}`,
    )
    return `  ${role} on ${wire}: ${counts.join(', ')}`
  })
  console.log(['Conformance, rows passed:', ...lines].join('\n'))
})

async function checkRow(endpoint: EchoEndpoint, role: Role, row: Row, delivery: Delivery): Promise<void> {
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
async function expectAnswers(endpoint: EchoEndpoint, answers: readonly Answer[]): Promise<void> {
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
