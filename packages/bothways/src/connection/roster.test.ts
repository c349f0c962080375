import { getHeapSpaceStatistics } from 'node:v8'
import { collectGarbage } from '@bothways/test-support/garbage'
import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Listed, Roster } from './roster.ts'

class Member implements Listed<Member> {
  before: Member | undefined
  after: Member | undefined
}

function listed(roster: Roster<Member>): Member[] {
  const all: Member[] = []
  for (let it = roster.first; it !== undefined; it = it.after) all.push(it)
  return all
}

test('A roster has the members that a Set would have, in the same order', () => {
  const step = fc.record({ do: fc.constantFrom('add' as const, 'delete' as const), at: fc.nat({ max: 7 }) })
  checkLaw(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const members = Array.from({ length: 8 }, () => new Member())
      const roster = new Roster<Member>()
      const set = new Set<Member>()
      for (const { do: what, at } of steps) {
        const member = members[at] as Member
        if (what === 'add') {
          roster.add(member)
          set.add(member)
        } else {
          expect(roster.delete(member)).toBe(set.delete(member))
          expect([member.before, member.after]).toEqual([undefined, undefined])
        }
        expect(listed(roster).map(it => members.indexOf(it))).toEqual([...set].map(it => members.indexOf(it)))
        expect(roster.size).toBe(set.size)
        for (const it of members) expect(roster.has(it)).toBe(set.has(it))
      }
    }),
  )
})

/** The memory of objects that have outlived the collections of young ones, in bytes. */
function oldBytes(): number {
  return getHeapSpaceStatistics().find(it => it.space_name === 'old_space')?.space_used_size ?? Number.NaN
}

class Holder extends Member {
  readonly held: number[] = Array.from({ length: 64 }, () => 0)
}

/** How much older memory there is when 20,000 have come and gone, 64 at a time, of about 600 bytes each. */
function grownBytes(all: { add(it: Holder): void; delete(it: Holder): unknown }): number {
  const present: Holder[] = []
  let before = 0
  for (let count = 0; count < 21_000; count++) {
    const holder = new Holder()
    all.add(holder)
    present.push(holder)
    if (present.length > 64) all.delete(present.shift() as Holder)
    if (count !== 1_000) continue
    collectGarbage()
    before = oldBytes()
  }
  return oldBytes() - before
}

test('A member that is gone from a roster is not kept until the next full collection, as by a Set', () => {
  expect(grownBytes(new Roster<Member>())).toBeLessThan(3_000_000)
  expect(grownBytes(new Set<Holder>())).toBeGreaterThan(6_000_000)
})
