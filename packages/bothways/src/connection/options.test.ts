import { constants } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { checkOptionNames } from './option-checks.ts'
import { type ConnectionOptions, resolveConnectionOptions } from './options.ts'

describe('Connection options', () => {
  test('The defaults are the documented ones', () => {
    const MiB = 1024 * 1024
    const common = {
      closeTimeoutMs: 5_000,
      keepalive: { intervalMs: 25_000, timeoutMs: 20_000 },
      maxBufferedBytes: 16 * MiB,
      whenBufferFull: 'close',
      highWaterMarkBytes: 64 * 1024,
      maxMessagesPerSecond: Number.MAX_SAFE_INTEGER,
      maxBytesPerSecond: Number.MAX_SAFE_INTEGER,
      whenTooFast: 'wait',
      transport: 'auto',
    }
    expect(resolveConnectionOptions({}, 'server')).toEqual({
      ...common,
      compression: false,
      maxMessageBytes: 16 * MiB,
      messageTimeoutMs: 60_000,
    })
    expect(resolveConnectionOptions({}, 'client')).toEqual({
      ...common,
      compression: {
        level: 6,
        thresholdBytes: 1024,
        contextTakeover: true,
        peerContextTakeover: true,
        windowBits: 15,
        peerWindowBits: 15,
      },
      maxMessageBytes: 64 * MiB,
      messageTimeoutMs: Number.MAX_SAFE_INTEGER,
    })
  })

  test('A server that compresses keeps no context, so that a publish is compressed once', () => {
    expect(resolveConnectionOptions({ compression: true }, 'server').compression).toMatchObject({
      contextTakeover: false,
      peerContextTakeover: false,
    })
  })

  test.each<[ConnectionOptions, string]>([
    [{ maxMessageBytes: -1 }, 'maxMessageBytes must be a whole number from 0'],
    [{ maxMessageBytes: 1.5 }, 'got 1.5'],
    [{ closeTimeoutMs: '5s' as never }, "got '5s'"],
    [{ keepalive: { intervalMs: 0 } }, 'intervalMs must be a whole number of at least 1'],
    [{ keepalive: { intervall: 1 } as never }, 'did you mean intervalMs?'],
    [{ compression: { level: 10 } }, 'level must be a whole number from 1 to 9'],
    [{ compression: { windowBits: 8 } }, 'windowBits must be a whole number from 9 to 15'],
    [{ whenBufferFull: 'wait' as never }, "whenBufferFull must be 'close' or 'drop', got 'wait'"],
  ])('%o is refused', (options, message) => {
    expect(() => resolveConnectionOptions(options, 'server')).toThrow(message)
  })

  test('Infinity means the largest that there can be', () => {
    const { maxMessageBytes } = resolveConnectionOptions({ maxMessageBytes: Infinity }, 'server')
    expect(maxMessageBytes).toBe(constants.MAX_STRING_LENGTH)
  })

  test('A misspelt option is refused with the nearest that exists', () => {
    const known = { origins: true, authenticate: true, maxConnections: true }
    expect(() => checkOptionNames<object>('createServer', { orgins: [] }, known)).toThrow(
      'Unknown option orgins of createServer; did you mean origins?',
    )
  })
})
