import { nextEvent, type SocketIoClient, socketIoWays } from '@bothways/test-support/socket-io-clients'
import { SocketIoStage } from '@bothways/test-support/socket-io-stage'
import { afterEach, expect, test } from 'vitest'

const stage = new SocketIoStage()

afterEach(() => stage.clear())

const clientCount = 200
const atOnce = 50
const messageCount = 20
const versions = [4, 3, 2] as const
const ways = Object.values(socketIoWays)

const numbers = Array.from({ length: messageCount }, (_, i) => i)

/** Sends numbers, without waiting for one acknowledgement before the next; resolves to the acknowledgements. */
function sendAll(emit: (n: number, ack: (answer: number) => void) => void): Promise<number[]> {
  const answers: number[] = []
  return new Promise(resolve => {
    for (const n of numbers) {
      emit(n, answer => {
        if (answers.push(answer) === messageCount) resolve(answers)
      })
    }
  })
}

test('200 clients come and go, and no message is lost, comes twice or out of order', async () => {
  const { io, url } = await stage.listen()
  const heard = new Map<number, number[]>()
  const answered: number[][] = []
  const done: Promise<unknown>[] = []
  let ticks = 0
  io.on('connection', socket => {
    const mine: number[] = []
    socket.on('client', (id: number) => heard.set(id, mine))
    socket.on('n', (n: number, ack: (answer: number) => void) => {
      mine.push(n)
      // Everybody hears of it, whatever they speak.
      io.emit('tick', ticks++)
      ack(n * 2)
    })
    done.push(sendAll((n, ack) => socket.emit('n', n, Buffer.from([n]), ack)).then(it => answered.push(it)))
  })

  const received: number[][] = []
  const ticksOf: number[][] = []
  const visit = async (id: number): Promise<void> => {
    const client: SocketIoClient = stage.connect(url, { ...ways[id % 3] }, versions[Math.floor(id / 3) % 3]!)
    const mine: number[] = []
    const myTicks: number[] = []
    received.push(mine)
    ticksOf.push(myTicks)
    client.on('tick', ((n: number) => myTicks.push(n)) as never)
    const all = new Promise<void>(resolve => {
      client.on('n', ((n: number, bytes: Uint8Array, ack: (answer: number) => void) => {
        mine.push(bytes[0] === n ? n : -1)
        ack(n * 3)
        if (mine.length === messageCount) resolve()
      }) as never)
    })
    await nextEvent(client, 'connect')
    client.emit('client', id)
    const answers = await sendAll((n, ack) => client.emit('n', n, ack))
    expect(answers).toEqual(numbers.map(it => it * 2))
    await all
    // Behind everything that was sent before: the acknowledgements have gone out.
    await new Promise<void>(resolve => client.emit('n', -1, () => resolve()))
    client.disconnect()
  }

  let next = 0
  const worker = async (): Promise<void> => {
    while (next < clientCount) await visit(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  await Promise.all(done)

  expect(heard.size).toBe(clientCount)
  for (const all of heard.values()) expect(all).toEqual([...numbers, -1])
  expect(received).toEqual(Array.from({ length: clientCount }, () => numbers))
  expect(answered).toEqual(Array.from({ length: clientCount }, () => numbers.map(it => it * 3)))
  for (const mine of ticksOf) {
    expect(mine.length).toBeGreaterThan(messageCount)
    expect(mine).toEqual(Array.from({ length: mine.length }, (_, i) => mine[0]! + i))
  }
  expect(ticks).toBe(clientCount * (messageCount + 1))
})
