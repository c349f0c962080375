import { ProtocolViolation, type Role } from '@bothways/protocol'
import { describe, expect, test } from 'vitest'
import type { Disconnect } from './disconnect.ts'
import { Ending, type EndingHandler, ReadyState } from './ending.ts'

const violation = new ProtocolViolation('BW_UNMASKED_FRAME', 'unmasked')
const closeTimeoutMs = 100
const frame = (code: number) => ({ code, reason: '' })

/** One ending, what it has asked for, and a clock. */
class Scene implements EndingHandler {
  readonly actions: string[] = []
  readonly ending: Ending
  readonly #isAsked: boolean
  nowMs = 0
  bufferedBytes = 10
  disconnect: Disconnect | undefined

  /** @param isAsked the program sends the close frames that are due by itself: never, unless an event says so */
  constructor(role: Role, isAsked = false) {
    this.#isAsked = isAsked
    this.ending = new Ending(this, { role, closeTimeoutMs, isTcpEndedByBoth: false, discardsAtCut: true })
  }

  sendClose({ code }: { code: number }): void {
    this.actions.push(`send close ${code}`)
  }

  askForClose({ code }: { code: number }): boolean {
    if (this.#isAsked) this.actions.push(`ask for close ${code}`)
    return this.#isAsked
  }

  tellClosing(): void {
    this.actions.push('tell closing')
  }

  tellViolation(): void {
    this.actions.push('tell violation')
  }

  discard(): void {
    this.actions.push('discard')
  }

  endTcp(): void {
    this.actions.push('end TCP')
  }

  cut(): void {
    this.actions.push('cut')
  }
}

const events = {
  'we close': ({ ending, nowMs }) => ending.close(frame(1000), { by: 'us', error: undefined }, nowMs),
  'the peer closes': ({ ending, nowMs }) => ending.receiveClose(frame(1001), frame(1001), nowMs),
  'the peer breaks a rule': ({ ending, nowMs }) => ending.violate(violation, frame(1002), nowMs),
  'this side fails': ({ ending, nowMs }) => ending.fail(frame(1011), new Error('bug'), nowMs),
  FIN: ({ ending, nowMs }) => ending.peerEnded(nowMs),
  silence: ({ ending }) => ending.lose(new Error('silent')),
  'we terminate': ({ ending, nowMs }) => ending.terminate(undefined, nowMs),
  'the peer reads': scene => {
    scene.bufferedBytes--
  },
  'time is up': scene => {
    scene.ending.tick(scene.nowMs, scene.bufferedBytes)
    scene.nowMs += closeTimeoutMs
    scene.ending.tick(scene.nowMs, scene.bufferedBytes)
  },
  'TCP is over': scene => {
    scene.ending.tcpEnded(undefined, scene.nowMs)
    scene.disconnect = scene.ending.over()
  },
} satisfies Record<string, (scene: Scene) => void>
type EventName = keyof typeof events

const eventNames = Object.keys(events) as EventName[]
const roles = ['server', 'client'] as const

/** The calls that each event leads to, by the events before it: for a server, and for a client where those differ. */
const table: [before: EventName[], event: EventName, server: string, client?: string][] = [
  [[], 'we close', 'send close 1000, tell closing'],
  [[], 'the peer closes', 'send close 1001, tell closing, end TCP', 'send close 1001, tell closing'],
  [[], 'the peer breaks a rule', 'send close 1002, tell closing, tell violation, end TCP'],
  [[], 'this side fails', 'send close 1011, tell closing, discard, end TCP'],
  [[], 'FIN', 'tell closing, end TCP'],
  [[], 'silence', 'cut'],
  [[], 'we terminate', 'discard, tell closing, cut'],
  [[], 'time is up', ''],
  [[], 'TCP is over', 'tell closing'],
  [['we close'], 'we close', ''],
  [['we close'], 'the peer closes', 'end TCP', ''],
  [['we close'], 'the peer breaks a rule', 'tell violation, end TCP'],
  [['we close'], 'this side fails', ''],
  [['we close'], 'FIN', 'end TCP'],
  [['we close'], 'silence', 'cut'],
  [['we close'], 'we terminate', 'discard, cut'],
  [['we close'], 'time is up', 'cut'],
  [['we close'], 'TCP is over', ''],
  [['the peer closes'], 'we close', ''],
  [['the peer closes'], 'FIN', '', 'end TCP'],
  [['the peer closes'], 'time is up', 'cut'],
  [['the peer closes'], 'we terminate', 'discard, cut'],
  [['we terminate'], 'the peer closes', ''],
  [['we terminate'], 'time is up', ''],
  [['we terminate'], 'FIN', ''],
  [['TCP is over'], 'we close', ''],
  [['TCP is over'], 'we terminate', ''],
  [['TCP is over'], 'the peer breaks a rule', ''],
]

describe.each(roles)('The ending of a %s', role => {
  test.each(table)('after %j: %s', (before, event, server, client = server) => {
    const scene = new Scene(role)
    for (const name of before) events[name](scene)
    scene.actions.length = 0
    events[event](scene)
    expect(scene.actions.join(', ')).toBe(role === 'server' ? server : client)
  })

  test('A program that is asked for a close frame may send it at once, later, or never', () => {
    const later = new Scene(role, true)
    events['the peer closes'](later)
    expect(later.actions).toEqual(['ask for close 1001'])
    events['we close'](later)
    const end = role === 'server' ? ['end TCP'] : []
    expect(later.actions.slice(1)).toEqual(['send close 1000', 'tell closing', ...end])

    const never = new Scene(role, true)
    events['the peer breaks a rule'](never)
    // A broken rule does not wait for the program.
    const due = ['send close 1002', 'tell closing', 'tell violation', 'end TCP']
    expect(never.actions).toEqual(['ask for close 1002', ...due])

    const atOnce = new Scene(role, true)
    atOnce.askForClose = () => {
      events['we close'](atOnce)
      return true
    }
    events['the peer closes'](atOnce)
    expect(atOnce.actions).toEqual(['send close 1000', 'tell closing', ...end])
  })

  test('A peer that still takes what was sent before the close has more time, but not after a broken rule', () => {
    for (const [event, isGivenTime] of [
      ['we close', true],
      ['the peer breaks a rule', false],
    ] as const) {
      const scene = new Scene(role)
      const { ending } = scene
      events[event](scene)
      ending.tick(1, 10)
      ending.tick(closeTimeoutMs, 9)
      expect(scene.actions.includes('cut')).toBe(!isGivenTime)
      ending.tick(2 * closeTimeoutMs - 1, 9)
      expect(scene.actions.includes('cut')).toBe(!isGivenTime)
      ending.tick(2 * closeTimeoutMs, 9)
      expect(scene.actions.filter(action => action === 'cut')).toHaveLength(1)
    }
  })

  test('Time in which nobody could be heard is not counted', () => {
    const scene = new Scene(role)
    events['we close'](scene)
    scene.ending.tick(1, 10)
    scene.ending.excuse(50, 60)
    scene.ending.tick(149, 10)
    expect(scene.actions).not.toContain('cut')
    scene.ending.tick(150, 10)
    expect(scene.actions).toContain('cut')
  })

  test.each([false, true])(
    'Every order of five events keeps the laws (the program is asked: %s)',
    isAsked => {
      let broken: string | undefined
      for (const order of ordersOf(5)) {
        broken ??= lawBrokenBy(role, isAsked, order)
        if (broken !== undefined) break
      }
      expect(broken).toBeUndefined()
    },
  )
})

function* ordersOf(length: number): Generator<EventName[]> {
  if (length === 0) yield []
  else for (const order of ordersOf(length - 1)) for (const name of eventNames) yield [...order, name]
}

/** Which law of the standard the events break in this order, if any. */
function lawBrokenBy(role: Role, isAsked: boolean, order: EventName[]): string | undefined {
  const scene = new Scene(role, isAsked)
  const { ending, actions } = scene
  let lastState: ReadyState = ending.readyState
  let firstError: Error | undefined
  for (const [at, name] of order.entries()) {
    const before = actions.length
    events[name](scene)
    const wrong = (law: string) =>
      `${law}, but ${order.slice(0, at + 1).join(', ')} led to ${actions.join(', ')}`
    const count = (what: string) => actions.filter(action => action.startsWith(what)).length
    const indexOf = (what: string) => actions.findIndex(action => action.startsWith(what))

    if (count('send close') > 1) return wrong('RFC 6455 §5.5.1: one close frame is sent')
    if (count('tell closing') > 1) return wrong('The program hears once that closing has begun')
    if (count('end TCP') > 1 || count('cut') > 1) return wrong('TCP is ended and cut once')
    const end = indexOf('end TCP')
    if (end >= 0 && indexOf('send close') > end)
      return wrong('RFC 6455 §7.1.1: the close frame is before FIN')
    const cut = indexOf('cut')
    if (cut >= 0 && Math.max(indexOf('send close'), end) > cut) return wrong('Nothing is sent after the cut')
    if (ending.readyState < lastState) return wrong('The state never goes back')
    if (lastState === ReadyState.Closed && actions.length > before)
      return wrong('Nothing follows the end of TCP')
    if ((ending.readyState === ReadyState.Open) !== (count('tell closing') === 0)) {
      return wrong('The program hears that the connection is closing when it is')
    }
    if (name === 'the peer breaks a rule' && lastState !== ReadyState.Closed && end < 0 && cut < 0) {
      return wrong('RFC 6455 §7.1.7: TCP is ended for a broken rule')
    }
    const hasReceived = order.slice(0, at + 1).includes('the peer closes')
    if (role === 'server' && count('send close') > 0 && hasReceived && lastState !== ReadyState.Closed) {
      if (end < 0 && cut < 0) return wrong('RFC 6455 §7.1.1: the server ends TCP after the close handshake')
    }
    if (name === 'time is up' && lastState === ReadyState.Closing && cut < 0) {
      const isMoving = order.slice(0, at).includes('the peer reads')
      if (!isMoving) return wrong('A peer that does not do its part is cut')
    }
    firstError ??= ending.error
    if (ending.error !== firstError) return wrong('The first cause stays')
    lastState = ending.readyState
  }
  const { disconnect } = scene
  if (disconnect === undefined) return undefined
  const { code, wasClean, sent, received } = disconnect
  if (code !== (received?.code ?? 1006))
    return 'RFC 6455 §7.1.5: the code is that of the close frame received'
  if (wasClean !== (sent !== undefined && received !== undefined)) return 'RFC 6455 §7.1.4: clean after both'
  return undefined
}
