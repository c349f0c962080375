import { ByteBudget } from 'bothways/connection'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { AdapterSocket } from '../adapter.ts'
import { SessionLog } from '../recovery/session-log.ts'
import type { ClusterMessage } from './cluster-bus.ts'
import { ClusterRecovery } from './cluster-recovery.ts'

/** A server with the other one that may take its clients over. */
function two(
  options: { maxPackets?: number; maxBytes?: number; mayComeBack?: (id: string) => boolean } = {},
) {
  const { maxPackets, maxBytes = 1e9, mayComeBack = () => true } = options
  const servers: ClusterRecovery[] = []
  const budget = new ByteBudget(maxBytes)
  for (const at of [0, 1]) {
    const log = new SessionLog({ noticeMs: 1_000, budget: new ByteBudget(1e9) })
    const publish = (message: ClusterMessage): void => {
      servers[1 - at]?.onMessage(message)
      if ('offset' in message) servers[at]?.place(message.offset as string)
    }
    const id = String(at)
    servers.push(new ClusterRecovery({ log, id, budget, maxPackets, publish, mayComeBack }))
    onTestFinished(() => {
      servers[at]?.close()
      log.close()
    })
  }
  const [own, heir] = servers as [ClusterRecovery, ClusterRecovery]
  heir.begin()
  own.begin()
  return { own, heir }
}

function socketOf(id: string, data: unknown = {}): AdapterSocket {
  return { id, rooms: new Set([id]), _ownData: data } as unknown as AdapterSocket
}

/** The servers tell each other when their turn is over. */
const told = () => new Promise(setImmediate)

test('A client is known with its rooms and data as they are now, until it leaves for good', async () => {
  const { own, heir } = two()
  const data = { name: 'Ada', bytes: Buffer.from([1]) }
  const socket = socketOf('sid', data)
  own.enter(socket, 'pid', 0)
  await told()
  socket.rooms.add('room')
  data.name = 'Grace'
  own.touch('sid')
  await told()
  expect(heir.restore('pid', undefined)).toMatchObject({ sid: 'sid', rooms: ['sid', 'room'], data })
  own.over('pid')
  expect(heir.restore('pid', undefined)).toBe(null)
})

test('A client that goes and may come back is known as it went', async () => {
  const { own, heir } = two()
  own.enter(socketOf('sid', { name: 'Ada' }), 'pid', 0)
  own.persist({ sid: 'sid', pid: 'pid', rooms: ['sid'], data: {} })
  await told()
  expect(heir.restore('pid', undefined)).toMatchObject({ sid: 'sid', data: { name: 'Ada' } })
})

test('Nobody is told of who may not come back, of what is no JSON, or of more than 65,536 characters', async () => {
  const { own, heir } = two({ mayComeBack: id => id !== 'new' })
  const circle: { self?: unknown } = {}
  circle.self = circle
  const sockets = [
    socketOf('new'),
    socketOf('circle', circle),
    socketOf('large', 'x'.repeat(65_536)),
    socketOf('good', 'x'.repeat(65_000)),
  ]
  for (const socket of sockets) own.enter(socket, socket.id, 0)
  await told()
  const restored = sockets.map(({ id }) => heir.restore(id, undefined)?.sid)
  expect(restored).toEqual([undefined, undefined, undefined, 'good'])
})

test.each([
  ['maxPackets', { maxPackets: 10 }],
  ['maxBytes', { maxBytes: 20_000 }],
])('Of the clients of others so many are known as %s allows, the newest', async (_, bounds) => {
  const { own, heir } = two(bounds)
  for (let at = 0; at < 100; at++) own.enter(socketOf(`sid ${at}`), `pid ${at}`, 0)
  await told()
  expect(heir.restore('pid 0', undefined)).toBe(null)
  expect(heir.restore('pid 99', undefined)).toMatchObject({ sid: 'sid 99' })
})

test('That another server lives is remembered as long as packets are, and takes no room from them', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const budget = new ByteBudget(1e9)
  const log = new SessionLog({ maxPackets: 10, noticeMs: 1_000, budget })
  onTestFinished(() => log.close())
  const recovery = new ClusterRecovery({ log, id: 'own', budget, publish() {}, mayComeBack: () => true })
  onTestFinished(() => recovery.close())
  const names = Array.from({ length: 1_000 }, (_, at) => `anotherL${at.toString(36)}`)
  const packet = { offset: log.nextOffset(), parts: [], rooms: new Set<string>(), except: new Set<string>() }
  log.append(packet)
  for (const offset of names)
    recovery.onMessage({ type: 'alive', from: 'other', offset, wantsSessions: false })
  const last = log.order.find(names[999]!)?.place
  expect(log.order.find(names[0]!)?.place).toBe(last! - 999)
  expect(log.missedSince(0, [])).toHaveLength(1)
  vi.advanceTimersByTime(200_000)
  // A forgotten name stands at the place where all forgotten ones do.
  expect(log.order.find(names[0]!)?.place).toBe(last)

  for (let at = 0; at <= 100_000; at++) {
    recovery.onMessage({
      type: 'alive',
      from: 'other',
      offset: `Another1${at.toString(36)}`,
      wantsSessions: false,
    })
  }
  expect(log.order.find('Another10')?.place).toBe(last)
  expect(log.order.find('Another11')?.place).toBe(last! + 2)
  // From a place before the first dropped name on, packets may be missing.
  expect([last!, last! + 1].map(place => log.order.isWholeFrom(place))).toEqual([false, true])
})
