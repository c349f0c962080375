import { framesTo, rawFrame } from '@bothways/test-support/raw-frame'
import { afterAll, describe, expect, test } from 'vitest'
import { checkRow, expectAnswers } from './check-row.ts'
import { EchoEndpoint, wires } from './echo-endpoint.ts'
import { tables } from './tables.ts'

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
