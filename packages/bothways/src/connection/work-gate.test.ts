import { checkLaw } from '@bothways/test-support/law'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WorkGate, type WorkTicket } from './work-gate.ts'

/** A job that holds `steps` bytes one after the other, each when the gate lets it. */
class Job {
  readonly #gate: WorkGate
  readonly #steps: readonly number[]
  readonly #log: (event: 'begins' | 'ends') => void
  #ticket: WorkTicket | undefined
  #at = 0
  #isReady = false

  constructor(gate: WorkGate, steps: readonly number[], log: (event: 'begins' | 'ends') => void) {
    this.#gate = gate
    this.#steps = steps
    this.#log = log
    this.#ticket = gate.enter(steps[0] ?? 1, () => {
      if (this.#at === 0) log('begins')
      this.#isReady = true
    })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Does one step, if it may. */
  step(): void {
    if (!this.#isReady || this.#ticket === undefined) return
    this.#at++
    const wanted = this.#steps[this.#at]
    if (wanted === undefined) this.leave()
    else this.#isReady = this.#gate.take(this.#ticket, wanted)
  }

  leave(): void {
    const ticket = this.#ticket
    if (ticket === undefined) return
    this.#ticket = undefined
    this.#isReady = false
    this.#log('ends')
    this.#gate.leave(ticket)
  }
}

const steps = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 })

describe('WorkGate', () => {
  test('holds its bounds but for the first in line, begins jobs in their order, and finishes all of them', () => {
    const jobs = fc.array(steps, { minLength: 1, maxLength: 12 })
    checkLaw(
      fc.property(
        jobs,
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        (list, maxBytes, maxCount, choices) => {
          const gate = new WorkGate({ maxBytes, maxCount })
          const begun: number[] = []
          const running = new Set<number>()
          const all = list.map(
            (it, index) =>
              new Job(gate, it, event => {
                if (event === 'begins') begun.push(index)
                if (event === 'begins') running.add(index)
                else running.delete(index)
              }),
          )
          while (running.size > 0) {
            expect(gate.runningCount).toBe(running.size)
            expect(running.size).toBeLessThanOrEqual(maxCount)
            const first = list[Math.min(...running)] ?? []
            const ofFirst = first.reduce((sum, bytes) => sum + bytes, 0)
            expect(gate.heldBytes).toBeLessThanOrEqual(maxBytes + ofFirst)
            const ready = all.filter(job => job.isReady)
            // Somebody always goes on.
            expect(ready.length).toBeGreaterThan(0)
            ready[choices.next().value % ready.length]?.step()
          }
          expect(begun).toEqual(list.map((_, index) => index))
          expect([gate.heldBytes, gate.runningCount]).toEqual([0, 0])
        },
      ),
    )
  })

  test('lets the next in when one gives up, whether it runs or waits', () => {
    const gate = new WorkGate({ maxBytes: 10, maxCount: 1 })
    const begun: string[] = []
    const tickets = ['a', 'b', 'c', 'd'].map(name => gate.enter(10, () => void begun.push(name)))
    expect(begun).toEqual(['a'])
    gate.leave(tickets[1]!)
    expect(begun).toEqual(['a'])
    gate.leave(tickets[0]!)
    gate.leave(tickets[0]!)
    expect(begun).toEqual(['a', 'c'])
    gate.leave(tickets[2]!)
    gate.leave(tickets[3]!)
    expect([gate.heldBytes, gate.runningCount]).toEqual([0, 0])
  })

  test('is open to what would begin at once', () => {
    const gate = new WorkGate({ maxBytes: 10, maxCount: 2 })
    const enter = (bytes: number): WorkTicket => gate.enter(bytes, () => {})
    expect([gate.isOpen(10), gate.isOpen(11)]).toEqual([true, false])
    const first = enter(4)
    expect([gate.isOpen(6), gate.isOpen(7)]).toEqual([true, false])
    const second = enter(7)
    expect(gate.isOpen(1)).toBe(false)
    gate.leave(second)
    expect(gate.isOpen(6)).toBe(true)
    const third = enter(1)
    expect(gate.isOpen(1)).toBe(false)
    expect(gate.take(third, 6)).toBe(false)
    gate.leave(first)
    // The third holds 7 by now.
    expect([gate.isOpen(3), gate.isOpen(4)]).toEqual([true, false])
    gate.leave(third)
    expect([gate.isOpen(10), gate.heldBytes, gate.runningCount]).toEqual([true, 0, 0])
  })

  test('lets nobody wait for nothing', () => {
    const gate = new WorkGate({ maxBytes: 10 })
    const first = gate.enter(1, () => {})
    const second = gate.enter(1, () => {})
    // The first in line may pass the bound.
    expect(gate.take(first, 20)).toBe(true)
    expect(gate.take(second, 0)).toBe(true)
  })
})
