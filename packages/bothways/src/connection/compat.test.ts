import { Opcode, type ReceivedFrame } from '@bothways/protocol'
import { MemoryLink } from '@bothways/test-support/memory-transport'
import { describe, expect, test } from 'vitest'
import type { ConnectionCompat } from './compat.ts'
import { Connection } from './connection.ts'
import type { ConnectionHandler } from './connection-init.ts'
import type { CloseFrame } from './disconnect.ts'
import { type ConnectionOptions, resolveConnectionOptions } from './options.ts'

// The settings that the drop-ins need beyond those that the server and the client of this package use.

class Log implements ConnectionHandler {
  readonly lines: string[] = []

  onMessage(message: string | Buffer, byteLength: number, isText: boolean): void {
    const kind = typeof message === 'string' ? 'string' : 'bytes'
    this.lines.push(`${isText ? 'text' : 'binary'} as ${kind}, ${byteLength}: ${message.toString('latin1')}`)
  }

  onFrame({ opcode, isFinal, payload }: ReceivedFrame): void {
    this.lines.push(`frame ${opcode}${isFinal ? ' final' : ''}: ${Buffer.from(payload).toString()}`)
  }

  onPing(payload: Buffer): void {
    this.lines.push(`ping ${payload}`)
  }

  onPong(payload: Buffer): void {
    this.lines.push(`pong ${payload}`)
  }

  onViolation(error: Error & { code: string }): void {
    this.lines.push(error.code)
  }

  onClose({ code, reason }: { code: number; reason: string }): void {
    this.lines.push(`close ${code} ${reason}`.trim())
  }
}

interface PairOptions {
  readonly server?: ConnectionCompat
  readonly client?: ConnectionCompat
  readonly options?: ConnectionOptions
  readonly noContextTakeover?: boolean
  /** The server's handler sends this close frame instead of the one that is due. */
  readonly closeFor?: (due: CloseFrame, error: { code: string } | undefined) => CloseFrame
}

/** No reason for a broken rule or limit. */
const codeOnly: PairOptions['closeFor'] = (due, error) => (error === undefined ? due : { ...due, reason: '' })

function connect({ server = {}, client = {}, options = {}, noContextTakeover, closeFor }: PairOptions = {}) {
  const link = new MemoryLink()
  const [serverLog, clientLog] = [new Log(), new Log()]
  const direction = { noContextTakeover: noContextTakeover ?? true, windowBits: 15 }
  const deflate = noContextTakeover === undefined ? undefined : { outgoing: direction, incoming: direction }
  const make = (role: 'server' | 'client', log: Log, compat: ConnectionCompat) =>
    new Connection(log, {
      role,
      transport: link[role],
      settings: resolveConnectionOptions({ keepalive: false, ...options }, role),
      deflate,
      compat,
    })
  const ends = {
    link,
    server: make('server', serverLog, server),
    client: make('client', clientLog, client),
    serverLog: serverLog.lines,
    clientLog: clientLog.lines,
  }
  if (closeFor !== undefined) {
    const onCloseDue: ConnectionHandler['onCloseDue'] = (due, _received, error) => {
      const { code, reason } = closeFor(due, error)
      ends.server.close(code, reason)
    }
    Object.assign(serverLog, { onCloseDue })
  }
  ends.server.start()
  ends.client.start()
  return ends
}

describe('What is received', () => {
  test('Text comes as bytes where that is asked for, with its kind', async () => {
    const { link, client, server, serverLog, clientLog } = connect({ server: { textAs: 'bytes' } })
    client.send('a')
    client.send(Buffer.from('b'))
    server.send('c')
    await link.settle()
    expect(serverLog).toEqual(['text as bytes, 1: a', 'binary as bytes, 1: b'])
    expect(clientLog).toEqual(['text as string, 1: c'])
  })

  test('Frames come one by one, and are refused above their own limit', async () => {
    const { link, client, serverLog } = connect({
      server: { receiver: { delivers: 'frames', maxFrameBytes: 3 } },
    })
    client.sendFrame(Buffer.from('abc'), { opcode: Opcode.Text, isFinal: false })
    client.sendFrame(Buffer.from('d'), { opcode: Opcode.Continuation })
    client.sendFrame(Buffer.from('efgh'), { opcode: Opcode.Binary })
    await link.settle()
    expect(serverLog).toEqual(['frame 1: abc', 'frame 0 final: d', 'BW_FRAME_TOO_BIG', 'close 1006'])
  })

  test('Pings are left to the handler where that is asked for', async () => {
    const { link, client, serverLog, clientLog } = connect({ server: { answersPings: false } })
    client.sendFrame(Buffer.from('?'), { opcode: Opcode.Ping })
    await link.settle()
    expect([serverLog, clientLog]).toEqual([['ping ?'], []])
  })

  test('Text that is not UTF-8 passes where it is not to be checked, also compressed', async () => {
    const { link, client, serverLog } = connect({
      server: { receiver: { checksUtf8: false } },
      noContextTakeover: true,
    })
    client.sendFrame(Buffer.from([0xff]), { opcode: Opcode.Text })
    client.sendFrame(Buffer.from([0xff]), { opcode: Opcode.Text, compresses: true })
    await link.settle()
    expect(serverLog).toEqual(['text as string, 1: \ufffd', 'text as string, 1: \ufffd'])
  })

  test('A close code that may not be sent passes where it is not to be checked, and comes back', async () => {
    const said: unknown[] = []
    for (const checksCloseCode of [true, false]) {
      const compat = { receiver: { checksCloseCode } }
      const { link, client, serverLog, clientLog } = connect({
        server: compat,
        client: compat,
        closeFor: codeOnly,
      })
      client.close(404)
      await link.settle()
      said.push([serverLog, clientLog])
    }
    expect(said).toEqual([
      [['BW_INVALID_CLOSE_CODE', 'close 1006'], ['close 1002']],
      [['close 404'], ['close 404']],
    ])
  })

  test('A violation is told before the connection is closed', async () => {
    const { link, client, serverLog } = connect()
    client.sendFrame(Buffer.from([0xff]), { opcode: Opcode.Text })
    await link.settle()
    expect(serverLog).toEqual(['BW_INVALID_UTF8', 'close 1006'])
  })

  test('A message in more frames than allowed closes with 1008, and without a reason where none is to be told', async () => {
    const { link, client, server, serverLog, clientLog } = connect({
      server: { receiver: { maxFragmentCount: 2 } },
      closeFor: codeOnly,
    })
    const frame = (isFinal: boolean, opcode: Opcode = Opcode.Continuation) =>
      client.sendFrame(Buffer.from('a'), { opcode, isFinal })
    frame(false, Opcode.Text)
    frame(true)
    frame(false, Opcode.Text)
    client.sendFrame(Buffer.from('?'), { opcode: Opcode.Ping })
    frame(false)
    await link.settle()
    expect(serverLog).toEqual(['text as string, 2: aa', 'ping ?'])
    frame(true)
    await link.settle()
    expect(serverLog.slice(2)).toEqual(['BW_TOO_MANY_FRAGMENTS', 'close 1006'])
    expect(clientLog).toEqual(['pong ?', 'close 1008'])
    expect(server.readyState).toBe(3)
  })

  test("The closing frames are another library's where those are given", async () => {
    const failed = connect({ closeFor: (_, error) => ({ code: 4000, reason: error?.code ?? '' }) })
    failed.client.sendFrame(Buffer.from([0xff]), { opcode: Opcode.Text })
    await failed.link.settle()
    expect(failed.clientLog).toEqual(['close 4000 BW_INVALID_UTF8'])

    const answered = connect({ closeFor: ({ code }) => ({ code: code + 1, reason: 'heard' }) })
    answered.client.close(4000, 'bye')
    await answered.link.settle()
    expect(answered.serverLog).toEqual(['close 4000 bye'])
    expect(answered.clientLog).toEqual(['close 4001 heard'])
  })

  test('How long nothing was read is known', async () => {
    const { link, client, server } = connect()
    client.send('a')
    await link.settle()
    expect(server.idleMs).toBeLessThan(1_000)
    server.receive(new Uint8Array(0))
    expect(server.idleMs).toBeGreaterThanOrEqual(0)
  })

  test('A client ends TCP after the close handshake only where both do', async () => {
    for (const tcpEndedBy of ['server', 'both'] as const) {
      const { link, client, server } = connect({ client: { tcpEndedBy }, server: { tcpEndedBy } })
      client.close(1000)
      client.flush()
      link.client.deliver()
      expect(link.server.isEnded).toBe(true)
      server.flush()
      // The server's close frame, and not yet its FIN.
      link.server.isEnded = false
      link.server.deliver()
      expect(link.client.isEnded).toBe(tcpEndedBy === 'both')
    }
  })

  test('Unread messages wait for resume, also while closing, where they are not to be dropped', async () => {
    for (const unread of ['drop', 'keep'] as const) {
      const { link, client, server, serverLog } = connect({ server: { unread } })
      server.pause()
      client.send('late')
      await link.settle()
      server.close(1000)
      await link.settle()
      server.resume()
      await link.settle()
      expect(serverLog).toEqual([...(unread === 'drop' ? [] : ['text as string, 4: late']), 'close 1000'])
    }
  })

  test('Unread messages are delivered when TCP is cut, if they are to be', async () => {
    for (const unread of ['deliver', 'keep'] as const) {
      const { link, server, serverLog } = connect({ server: { unread } })
      server.pause()
      for (const text of ['one', 'two']) server.receive(Buffer.from(`\x81\x83\0\0\0\0${text}`, 'latin1'))
      link.server.handler?.onDestroyed(undefined)
      const texts = ['text as string, 3: one', 'text as string, 3: two']
      // At once, or in a later turn of the event loop where this one has been used up.
      await expect.poll(() => serverLog).toEqual([...(unread === 'deliver' ? texts : []), 'close 1006'])
    }
  })

  test('The answer to a close reason that was not UTF-8 still fits into a frame', async () => {
    const { link, client, serverLog, clientLog } = connect({ server: { receiver: { checksUtf8: false } } })
    client.sendFrame(Buffer.concat([Buffer.from([3, 232]), Buffer.alloc(123, 0xff)]), {
      opcode: Opcode.Close,
    })
    await link.settle()
    expect(serverLog).toEqual([`close 1000 ${'\u{fffd}'.repeat(123)}`])
    expect(clientLog).toEqual([`close 1000 ${'\u{fffd}'.repeat(41)}`])
  })
})

describe('What is sent', () => {
  test('A frame is masked or not as it is described, with the given key', async () => {
    const { link, client, serverLog } = connect({ client: { nextMaskingKey: () => 0 } })
    client.sendFrame(Buffer.from('a'), { opcode: Opcode.Text })
    client.sendFrame(Buffer.from('b'), { opcode: Opcode.Text, isMasked: false })
    await link.settle()
    expect(serverLog.slice(0, 2)).toEqual(['text as string, 1: a', 'BW_UNMASKED_FRAME'])
  })

  test.each([true, false])(
    'A compressed message in frames arrives whole (no context takeover: %s)',
    async no => {
      const { link, client, serverLog } = connect({ noContextTakeover: no })
      const parts = ['a'.repeat(200), 'a'.repeat(40_000), '']
      for (let round = 0; round < 3; round++) {
        parts.forEach((part, at) => {
          const opcode = at === 0 ? Opcode.Text : Opcode.Continuation
          const isFinal = at === parts.length - 1
          client.sendFrame(Buffer.from(part), { opcode, isFinal, compresses: true })
        })
      }
      while (serverLog.length < 3) await link.settle()
      expect(serverLog).toEqual(Array(3).fill(`text as string, 40200: ${parts.join('')}`))
      expect(client.bytesSent).toBeLessThan(1_000)
    },
  )

  test('Frames keep their order behind a Blob', async () => {
    const { link, client, serverLog } = connect()
    client.sendFrame(new Blob(['a']), { opcode: Opcode.Binary })
    client.sendFrame(Buffer.from('?'), { opcode: Opcode.Ping })
    client.sendFrame(Buffer.from('b'), { opcode: Opcode.Text })
    while (serverLog.length < 3) await link.settle()
    expect(serverLog).toEqual(['binary as bytes, 1: a', 'ping ?', 'text as string, 1: b'])
  })

  test('Frames that were made elsewhere keep their order', async () => {
    const { link, server, clientLog } = connect()
    server.send('a')
    server.sendEncoded(Buffer.from([0x81, 1, 0x62]))
    server.send('c')
    await link.settle()
    expect(clientLog).toEqual(['text as string, 1: a', 'text as string, 1: b', 'text as string, 1: c'])
    server.close()
    expect(server.sendEncoded(Buffer.from([0x81, 1, 0x62]))).toBe('refused')
  })

  test('flush writes at once', () => {
    const { link, server } = connect()
    server.send('a')
    expect(link.server.queuedBytes).toBe(0)
    server.flush()
    expect(link.server.queuedBytes).toBe(3)
    server.flush()
    expect(link.server.queuedBytes).toBe(3)
  })

  test('A ping of more than 125 bytes is refused', () => {
    const { client } = connect()
    expect(() => client.sendFrame(Buffer.alloc(126), { opcode: Opcode.Ping })).toThrow('125')
  })
})

describe('whenTaken', () => {
  test('calls back in order, each when what was sent before it has been taken', async () => {
    const { link, client } = connect()
    const calls: string[] = []
    const tell = (name: string) => (error?: Error) => void calls.push(`${name} ${error?.message ?? ''}`)
    client.whenTaken(tell('nothing'))
    client.send('a')
    client.whenTaken(tell('a'))
    client.sendFrame(new Blob(['b']), { opcode: Opcode.Binary })
    client.whenTaken(tell('b'))
    client.send('c')
    client.whenTaken(tell('c'))
    expect(calls).toEqual([])
    await new Promise(resolve => setImmediate(resolve))
    // Written, but not taken yet.
    expect(calls).toEqual(['nothing '])
    while (calls.length < 4) await link.settle()
    expect(calls).toEqual(['nothing ', 'a ', 'b ', 'c '])
  })

  test('calls back with an error for all that is lost with the connection, and at once after it', async () => {
    const { link, client } = connect()
    const codes: unknown[] = []
    const tell = (error?: Error & { code?: string }) => void codes.push(error?.code)
    client.send('written')
    client.whenTaken(tell)
    await new Promise(resolve => setImmediate(resolve))
    client.send('not written')
    client.whenTaken(tell)
    client.sendFrame(new Blob(['not ready']), { opcode: Opcode.Binary })
    client.whenTaken(tell)
    client.terminate()
    await link.settle()
    client.whenTaken(tell)
    await new Promise(resolve => setImmediate(resolve))
    expect(codes).toEqual(Array(4).fill('BW_NOT_SENT'))
  })
})
