import { checkLaw } from '@bothways/test-support/law'
import { ByteBudget } from 'bothways/connection'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CarriedSession, Mark } from '../cluster/carried-session.ts'
import { nameOf, readOffset } from './packet-order.ts'
import { SessionLog } from './session-log.ts'

const rooms = ['room']

/** A server: its packets wait until the bus takes them, and the bus's packets come round when the server reads them. */
class Model {
  readonly log: SessionLog
  readonly outbox: string[] = []
  /** The packets that its clients got, in that order. */
  readonly delivered: string[] = []
  read = 0

  constructor(budget: ByteBudget) {
    this.log = new SessionLog({ noticeMs: 1_000, budget })
  }

  send(): void {
    const offset = this.log.nextOffset()
    this.#append(offset)
    this.log.sendRound(offset)
    this.outbox.push(offset)
  }

  hear(offset: string): void {
    if (readOffset(offset)?.log !== this.log.name) this.#append(offset)
    this.log.place(offset)
  }

  #append(offset: string): void {
    this.log.append({ offset, parts: [offset], rooms: new Set(rooms), except: new Set() })
    this.delivered.push(offset)
  }
}

/** Three servers and the bus between them. */
class Models {
  readonly all: readonly Model[]
  readonly #bus: string[] = []

  constructor() {
    const budget = new ByteBudget(1e9)
    this.all = [0, 1, 2].map(() => new Model(budget))
    for (const model of this.all) model.send()
    for (const model of this.all) this.take(model)
    for (const model of this.all) this.read(model)
  }

  close(): void {
    for (const { log } of this.all) log.close()
  }

  take({ outbox }: Model, count: number = outbox.length): void {
    this.#bus.push(...outbox.splice(0, count))
  }

  read(model: Model, count: number = this.#bus.length): void {
    for (const offset of this.#bus.slice(model.read, model.read + count)) {
      model.read++
      model.hear(offset)
    }
  }
}

const step = fc.record({
  what: fc.constantFrom('send', 'take', 'read'),
  who: fc.nat(2),
  count: fc.integer({ min: 1, max: 3 }),
})

function play(models: Models, steps: readonly { what: string; who: number; count: number }[]): void {
  for (const { what, who, count } of steps) {
    const model = models.all[who]!
    if (what === 'take') models.take(model, count)
    else if (what === 'read') models.read(model, count)
    else for (let left = count; left > 0; left--) model.send()
  }
}

function carried(log: SessionLog, base: Mark, last: Mark): CarriedSession {
  return {
    pid: 'pid',
    sid: 'sid',
    log: log.name,
    returnCount: 0,
    rooms,
    data: '{}',
    isAway: false,
    base,
    last,
  }
}

test('Who comes to another server, when its own has died, gets what it has not received, whatever the servers sent and heard when', () => {
  const steps = fc.array(step, { maxLength: 25 })
  checkLaw(
    fc.property(steps, steps, steps, fc.nat(), fc.nat(1), (before, between, after, received, other) => {
      const models = new Models()
      const [own, ...others] = models.all as [Model, Model, Model]
      play(models, before)
      const base = own.log.mark(undefined)
      const had = own.delivered.length
      play(models, between)
      const last = own.log.mark(own.delivered.slice(had).at(-1))
      play(models, after)
      // The server dies: packets that the bus has not taken are lost, and some of those that it has written to its client.
      const written = own.delivered.slice(had)
      const got = written.slice(0, received % (written.length + 1))
      const heir = others[other]!
      for (const model of others) models.take(model)
      models.read(heir)
      const session = heir.log.restoreCarried(carried(own.log, base, last), got.at(-1))
      const known = new Set([...own.delivered.slice(0, had), ...got].map(nameOf))
      const missed = heir.delivered.filter(offset => !known.has(nameOf(offset)))
      expect(session?.missedOffsets).toEqual(missed)
      models.close()
    }),
  )
})

test('Who has missed what the other server has not got, or forgot for want of room, begins anew', () => {
  const models = new Models()
  const [own, heir] = models.all as [Model, Model, Model]
  const base = own.log.mark(undefined)
  for (let n = 0; n < 3; n++) own.send()
  const session = carried(own.log, base, base)
  const [, second, third] = own.outbox.splice(0)
  heir.hear(second!)
  expect(heir.log.restoreCarried(session, undefined)).toBe(null)
  for (const model of [heir, own]) model.hear(third!)
  const later = carried(own.log, base, own.log.mark(third))
  own.send()
  const [fourth] = own.outbox.splice(0)
  heir.hear(fourth!)
  expect(heir.log.restoreCarried(later, third)?.missedOffsets).toEqual([fourth])
  heir.log.giveUp()
  heir.log.giveUp()
  heir.log.giveUp()
  expect(heir.log.restoreCarried(later, third)).toBe(null)
  models.close()
})

test('A server that forgot its own packet before it came round knows that it is missing, and forgets its name', () => {
  const models = new Models()
  const [heir, own] = models.all as [Model, Model, Model]
  heir.send()
  const [lost] = heir.outbox.splice(0)
  for (let times = 0; times < 5; times++) heir.log.giveUp()
  own.send()
  const [later] = own.outbox.splice(0)
  heir.hear(later!)
  heir.hear(lost!)
  const { place } = heir.log.order.find(nameOf(later!))!
  expect(heir.log.order.isWholeFrom(place)).toBe(false)
  expect(heir.log.order.isWholeFrom(heir.log.order.find(nameOf(lost!))!.place)).toBe(false)
  models.close()
})

test('An offset that no server has written names nothing', () => {
  for (const offset of [
    '',
    'x',
    'aaaaaaaa',
    'aaaaaaaa1.',
    'aaaaaaaa1.b',
    'aaaaaaaa1.bbbbbbbb2.3',
    `aaaaaaaa${'1'.repeat(20)}`,
  ]) {
    expect(readOffset(offset)).toBe(undefined)
  }
  expect(readOffset('aaaa_aa-z.bbbbbbbb10')).toEqual({ log: 'aaaa_aa-', number: 35, heard: 'bbbbbbbb10' })
})
