/** As much as the conversation needs of a client; the page's is the bundle's. */
export interface TalkingClient {
  readonly io: {
    readonly engine: {
      readonly transport: { readonly name: string }
      once(event: string, listener: () => void): unknown
    }
  }
  on(event: string, listener: (...args: never[]) => void): unknown
  once(event: string, listener: (...args: never[]) => void): unknown
  emit(event: string, ...args: unknown[]): unknown
  disconnect(): unknown
}

export interface ConversationReport {
  /** As the client saw it when all was said. */
  readonly transport: string
  /** As the server saw it then. */
  readonly atServer: unknown
  readonly welcome: unknown
  readonly answer: unknown
  readonly bytes: unknown
  readonly told: readonly string[]
  readonly reason: unknown
}

/**
 * The conversation of two clients and the server of `scene.ts`. It runs in pages too: it knows nothing of what is
 * around it.
 *
 * @param awaited the event of the transport that comes before anything is said: `upgrade`, `upgradeError`, or none
 */
export async function converse(
  connect: () => TalkingClient,
  awaited: 'upgrade' | 'upgradeError' | undefined,
): Promise<ConversationReport> {
  const next = (client: TalkingClient, event: string): Promise<unknown[]> =>
    new Promise(resolve => client.once(event, (...args: never[]) => resolve(args)))
  const ask = (client: TalkingClient, ...message: [string, ...unknown[]]): Promise<unknown> =>
    new Promise(resolve => client.emit(...message, resolve))
  const opened = async (client: TalkingClient): Promise<unknown[]> => {
    const { engine } = client.io
    const isThere =
      awaited === undefined ? undefined : new Promise<void>(resolve => engine.once(awaited, () => resolve()))
    const [welcome] = await Promise.all([next(client, 'welcome'), next(client, 'connect'), isThere])
    return welcome
  }
  const numbers = (value: unknown): number[] =>
    Array.from(
      new Uint8Array(
        ArrayBuffer.isView(value)
          ? (value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength) as ArrayBuffer)
          : (value as ArrayBuffer),
      ),
    )

  const a = connect()
  const b = connect()
  const [welcome] = await Promise.all([opened(a), opened(b)])
  const answer = await ask(a, 'ask', 'äöü ✓ 文字 😀', { deep: [1, null, { true: true }] })

  const back = next(a, 'bytes')
  a.emit('bytes', new Uint8Array([0, 1, 254, 255]).buffer, { deep: [new Uint8Array(100_000).fill(7)] })
  const [first, { deep }] = (await back) as [unknown, { deep: unknown[] }]
  const long = numbers(deep[0])
  const bytes = [numbers(first), long.length, long.every(it => it === 7)]

  const told: string[] = []
  a.on('told', ((text: string) => told.push(`a: ${text}`)) as never)
  b.on('told', ((text: string) => told.push(`b: ${text}`)) as never)
  await Promise.all([ask(a, 'join', 'both'), ask(b, 'join', 'both'), ask(b, 'join', 'b only')])
  const end = Promise.all([next(a, 'end'), next(b, 'end')])
  a.emit('tell', 'b only', 'hello b')
  a.emit('tell', 'both', 'hello')
  a.emit('tell', 'nobody', 'never')
  a.emit('tell all the end')
  await end

  const atServer = await ask(a, 'transport')
  const transport = a.io.engine.transport.name
  const gone = next(a, 'disconnect')
  a.emit('throw me out')
  const [reason] = await gone
  b.disconnect()
  return { transport, atServer, welcome, answer, bytes, told: told.sort(), reason }
}

/** The report of {@link converse} when everything is right. */
export function expectedReport(transport: 'polling' | 'websocket'): ConversationReport {
  return {
    transport,
    atServer: transport,
    welcome: ['hello', { from: 'server' }],
    answer: ['äöü ✓ 文字 😀', { deep: [1, null, { true: true }] }],
    bytes: [[0, 1, 254, 255], 100_000, true],
    told: ['a: hello', 'b: hello', 'b: hello b'],
    reason: 'io server disconnect',
  }
}
