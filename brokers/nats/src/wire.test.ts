import { readPosition } from 'bothways/broker'
import { expect, test } from 'vitest'
import { Positions, readStamp, writeStamp } from './wire.ts'

test('What a publication is stamped with is read as it was written, and nothing else is', () => {
  for (const user of [undefined, '', 'Li Si', '李四\n\ud800']) {
    for (const ageMs of [0, 1000, Number.POSITIVE_INFINITY]) {
      const stamp = { check: 'aB-_09', at: 1_800_000_000_000, policy: { count: 5, ageMs }, user }
      const header = writeStamp(stamp)
      expect(header).toMatch(/^[\x21-\x7e]+(?: [\x21-\x7e]+){4}$/)
      expect(readStamp(header)).toEqual(stamp)
    }
  }
  for (const header of ['', 'x', 'aB 1 2 3', 'aB 1 2 3 - 4', '! 1 2 3 -'])
    expect(readStamp(header)).toBeUndefined()
})

test('The beginning of a topic is good for half a day at least, and for less than a day', () => {
  const hourMs = 60 * 60 * 1000
  for (const start of [0, 1, 5.5, 11.99]) {
    let now = 1_800_000_000_000 + start * hourMs
    const positions = new Positions('epoch', () => now)
    const { offset, check } = readPosition(positions.beginning()) as { offset: number; check: string }
    const isGood = () => positions.isBeginning(offset, check)
    now += 12 * hourMs
    expect(isGood()).toBe(true)
    now += 12 * hourMs
    expect(isGood()).toBe(false)
  }
})
