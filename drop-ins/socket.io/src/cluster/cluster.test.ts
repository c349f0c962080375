import { nextEvent as next, type SocketIoClient } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, describe, expect, test } from 'vitest'
import { type ClusterBus, MemoryBus, type Server, type ServerOptions } from '../index.ts'

const stage = new SocketIoStage()

afterEach(() => stage.clear())

interface Joined {
  readonly a: Server
  readonly b: Server
  readonly clientA: SocketIoClient
  readonly clientB: SocketIoClient
  readonly urls: readonly string[]
}

/** Two servers that a bus joins, with a client each. */
async function joined(options: Partial<ServerOptions> = {}): Promise<Joined> {
  const cluster = new MemoryBus()
  const [{ io: a, url: urlA }, { io: b, url: urlB }] = await Promise.all([
    stage.listen({ cluster, ...options }),
    stage.listen({ cluster, ...options }),
  ])
  const clientA = stage.connect(urlA)
  const clientB = stage.connect(urlB)
  await Promise.all([next(clientA, 'connect'), next(clientB, 'connect')])
  return { a, b, clientA, clientB, urls: [urlA, urlB] }
}

describe('Two servers on a bus', () => {
  test('A broadcast reaches the clients of both, with bytes', async () => {
    const { a, clientA, clientB } = await joined()
    const heard = Promise.all([next(clientA, 'e'), next(clientB, 'e')])
    a.emit('e', 1, Buffer.from([2]))
    expect(await heard).toEqual([
      [1, Buffer.from([2])],
      [1, Buffer.from([2])],
    ])
  })

  test('A broadcast to rooms, with exceptions and locally, reaches those who are meant', async () => {
    const { a, b, clientA, clientB } = await joined()
    const heard: string[] = []
    clientA.on('e', ((text: string) => heard.push(`a ${text}`)) as never)
    clientB.on('e', ((text: string) => heard.push(`b ${text}`)) as never)
    b.socketsJoin('both')
    b.in(clientB.id).socketsJoin('only b')
    await a.fetchSockets()
    a.to('both').emit('e', '1')
    a.to('both').except('only b').emit('e', '2')
    a.local.emit('e', '3')
    a.to('only b').emit('e', '4')
    b.sockets.sockets.get(clientB.id)?.broadcast.emit('e', '5')
    const over = Promise.all([next(clientA, 'over'), next(clientB, 'over')])
    b.emit('over')
    await over
    expect(heard.sort()).toEqual(['a 1', 'a 2', 'a 3', 'a 5', 'b 1', 'b 4'])
  })

  test('The listeners of outgoing events of the other server hear a broadcast', async () => {
    const { a, b, clientB } = await joined()
    const heard: unknown[] = []
    b.sockets.sockets.get(clientB.id)?.onAnyOutgoing((...args) => heard.push(args))
    const told = next(clientB, 'e')
    a.emit('e', { bytes: Buffer.from([1]) })
    await told
    expect(heard).toEqual([['e', { bytes: Buffer.from([1]) }]])
  })

  test('The sockets of the other server are known, and can be sent to, moved and disconnected', async () => {
    const { a, b, clientA, clientB } = await joined()
    b.sockets.sockets.get(clientB.id)!.data = { name: 'b' }
    const sockets = await a.fetchSockets()
    expect(sockets.map(it => it.id).sort()).toEqual([clientA.id, clientB.id].sort())
    const remote = sockets.find(it => it.id === clientB.id)!
    expect(remote.data).toEqual({ name: 'b' })
    expect(remote.rooms).toEqual(new Set([clientB.id]))
    expect(remote.handshake.headers.host).toMatch(/^127/)
    const told = next(clientB, 'private')
    remote.emit('private', 'x')
    expect(await told).toEqual(['x'])
    clientB.on('ask', ((ack: (answer: string) => void) => ack('answer')) as never)
    expect(
      await new Promise(resolve => remote.timeout(10_000).emit('ask', (...args: unknown[]) => resolve(args))),
    ).toEqual([null, 'answer'])
    remote.join('room')
    expect((await a.in('room').fetchSockets()).map(it => it.id)).toEqual([clientB.id])
    expect(await a.in('room').allSockets()).toEqual(new Set([clientB.id]))
    remote.leave('room')
    expect(await a.in('room').fetchSockets()).toEqual([])
    const gone = next(clientB, 'disconnect')
    remote.disconnect()
    await gone
    expect(await a.fetchSockets()).toHaveLength(1)
    expect(await a.local.fetchSockets()).toHaveLength(1)
  })

  test('A broadcast is acknowledged by the clients of both', async () => {
    const { a, clientA, clientB } = await joined()
    clientA.on('ask', ((n: number, ack: (answer: unknown) => void) => ack(['a', n])) as never)
    clientB.on('ask', ((n: number, ack: (answer: unknown) => void) => ack(Buffer.from([n]))) as never)
    const answers = (await a.timeout(10_000).emitWithAck('ask', 7)) as unknown[]
    expect(answers).toHaveLength(2)
    expect(answers).toEqual(expect.arrayContaining([['a', 7], Buffer.from([7])]))
    const error = await a
      .timeout(50)
      .emitWithAck('unknown')
      .catch((it: unknown) => it)
    expect(error).toMatchObject({ message: 'operation has timed out', responses: [] })
  })

  test('Servers emit to each other, and answer', async () => {
    const { a, b } = await joined()
    a.on('note', () => expect.unreachable('not on the same server'))
    const heard = new Promise(resolve => b.on('note', (...args: unknown[]) => resolve(args)))
    a.serverSideEmit('note', 1, 'two')
    expect(await heard).toEqual([1, 'two'])
    b.on('ask', (n: number, ack: (answer: number) => void) => {
      ack(n + 1)
      ack(0)
    })
    expect(await a.serverSideEmitWithAck('ask', 1)).toEqual([2])
    b.of('/other').on('ask', (ack: (answer: string) => void) => ack('other'))
    expect(await a.of('/other').serverSideEmitWithAck('ask')).toEqual(['other'])
  })

  test('A client that comes back to the other server has missed nothing', async () => {
    const { a, b, urls } = await joined({ connectionStateRecovery: {} })
    a.on('connection', socket => {
      socket.data.from = 'a'
      void socket.join('room')
      socket.emit('welcome')
    })
    const first = stage.connect(urls[0]!)
    await next(first, 'welcome')
    const { id } = first
    const here = a.sockets.sockets.get(id)!
    const gone = new Promise(resolve => here.on('disconnect', resolve))
    first.io.engine.close()
    await gone
    a.to('room').emit('missed', 1)
    b.to('room').emit('missed', 2)
    b.to('elsewhere').emit('missed', 'never')
    await b.fetchSockets()
    const back = new Promise<unknown>(resolve =>
      b.once('connection', socket => resolve([socket.recovered, socket.data, [...socket.rooms].sort()])),
    )
    const missed: unknown[] = []
    const all = new Promise<void>(resolve => {
      first.on('missed', ((n: number) => {
        if (missed.push(n) === 3) resolve()
      }) as never)
    })
    ;(first.io as unknown as { uri: string }).uri = urls[1]!
    first.connect()
    expect(await back).toEqual([true, { from: 'a' }, [id, 'room'].sort()])
    a.to('room').emit('missed', 3)
    await all
    expect(missed).toEqual([1, 2, 3])
    expect(first.recovered).toBe(true)
    expect(first.id).toBe(id)
  })

  test('What reaches both servers while a client comes back to the other one comes once', async () => {
    const bus = new MemoryBus()
    let atQuestion = (): void => {}
    const cluster: ClusterBus = {
      join(channel, member) {
        const membership = bus.join(channel, member)
        return {
          publish(message, to) {
            if (message.type === 'request' && message.question.kind === 'session') atQuestion()
            membership.publish(message, to)
          },
          memberCount: () => membership.memberCount(),
          leave: () => membership.leave(),
        }
      },
    }
    const { a, b, clientA: client, urls } = await joined({ cluster, connectionStateRecovery: {} })
    const here = a.sockets.sockets.get(client.id)!
    const gone = new Promise(resolve => here.on('disconnect', resolve))
    client.io.engine.close()
    await gone
    const missed: unknown[] = []
    client.on('missed', ((n: number) => missed.push(n)) as never)
    a.emit('missed', 1)
    await b.fetchSockets()
    // The other server has taken note of where it stands by then, and the first has not been asked yet.
    atQuestion = () => {
      atQuestion = () => {}
      a.emit('missed', 2)
    }
    const back = next(client, 'connect')
    ;(client.io as unknown as { uri: string }).uri = urls[1]!
    client.connect()
    await back
    const last = next(client, 'last')
    a.emit('last')
    await last
    expect([client.recovered, missed]).toEqual([true, [1, 2]])
  })

  /** A bus that one member can be cut from: its messages are lost, and messages to it wait until it is back. */
  function cuttable() {
    const bus = new MemoryBus()
    let isCut = false
    let members = 0
    const waiting: (() => void)[] = []
    const cluster: ClusterBus = {
      join(channel, member) {
        if (members++ > 0 || channel !== '/') return bus.join(channel, member)
        const hear = (work: () => void): void => void (isCut ? waiting.push(work) : work())
        const membership = bus.join(channel, {
          id: member.id,
          onMessage: message => hear(() => member.onMessage(message)),
          onOwn: message => hear(() => member.onOwn?.(message)),
        })
        return {
          publish: (message, to) => {
            if (!isCut) membership.publish(message, to)
          },
          memberCount: () => membership.memberCount(),
          leave: () => membership.leave(),
        }
      },
    }
    return {
      cluster,
      cut: () => {
        isCut = true
      },
      join: () => {
        isCut = false
        for (const work of waiting.splice(0)) work()
      },
    }
  }

  /** Resolves when the messages about clients have come that servers send when their turn is over. */
  async function told(io: Server): Promise<void> {
    await new Promise(setImmediate)
    await io.fetchSockets()
  }

  /** The same client, as its library would connect again: `pid` and the last offset are all it has. */
  async function comeTo(
    url: string,
    client: SocketIoClient,
    onEvent: (n: number) => void,
  ): Promise<SocketIoClient> {
    const { _pid: pid, _lastOffset: offset } = client as unknown as { _pid: string; _lastOffset?: string }
    const again = stage.connect(url, { transports: ['websocket'], auth: { pid, offset } })
    again.on('e', onEvent as never)
    await next(again, 'connect')
    return again
  }

  test('A client of a server that does not answer is taken over, and that one lets go of it when it is back', async () => {
    const { cluster, cut, join } = cuttable()
    const { a, b, clientA, urls } = await joined({ cluster, connectionStateRecovery: {} })
    a.sockets.sockets.get(clientA.id)!.data.name = 'Ada'
    a.in(clientA.id).socketsJoin('room')
    const heard = next(clientA, 'e')
    a.to('room').emit('e', 1)
    await Promise.all([heard, told(b)])
    cut()
    b.to('room').emit('e', 2)
    const missed: unknown[] = []
    const onConnection = new Promise<unknown[]>(resolve =>
      b.once('connection', ({ recovered, data }) => resolve([recovered, data])),
    )
    const again = await comeTo(urls[1]!, clientA, n => missed.push(n))
    expect(await onConnection).toEqual([true, { name: 'Ada' }])
    expect(again.id).toBe(clientA.id)
    const gone = next(clientA, 'disconnect')
    join()
    await gone
    const last = next(again, 'last')
    a.to('room').emit('last')
    await last
    expect(missed).toEqual([2])
  })

  test('A client comes to the other server before its own has noticed that it has gone', async () => {
    const { a, clientA, urls } = await joined({ connectionStateRecovery: {} })
    const reason = new Promise(resolve => a.sockets.sockets.get(clientA.id)!.on('disconnect', resolve))
    const again = await comeTo(urls[1]!, clientA, () => {})
    expect(again.id).toBe(clientA.id)
    expect(await reason).toBe('transport close')
  })

  test('A server that closes is not waited for', async () => {
    const { a, b } = await joined()
    await b.close()
    expect(await a.fetchSockets()).toHaveLength(1)
    expect(await a.serverSideEmitWithAck('ask')).toEqual([])
  })
})
