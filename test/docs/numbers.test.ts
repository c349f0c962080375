import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { resolveClientOptions } from '../../packages/bothways/src/client/client-options.ts'
import { connectionOptionNames } from '../../packages/bothways/src/connection/options.ts'
import { resolveServerOptions } from '../../packages/bothways/src/server/options.ts'

const root = new URL('../../', import.meta.url)
const server = resolveServerOptions({})
const client = resolveClientOptions({})
const compressing = {
  server: resolveServerOptions({ compression: true }).connection.compression,
  client: client.connection.compression,
}

const MiB = 1024 * 1024
const inMiB = (bytes: number) => `${bytes / MiB} MiB`
const { keepalive } = server.connection
if (keepalive === false) throw new Error('keepalive is on by default')

/** The rows of a page, or of a section of it, as their cells, by the first of them. */
async function tableOf(page: string, heading?: string): Promise<Map<string, string[]>> {
  const text = await readFile(new URL(page, root), 'utf8')
  const from = heading === undefined ? text : text.slice(text.indexOf(heading) + heading.length)
  const part = heading === undefined ? from : from.slice(0, from.indexOf('\n## '))
  const rows = part.split('\n').filter(line => line.startsWith('| '))
  return new Map(
    rows.map(row => row.split('|').map(cell => cell.trim())).map(cells => [cells[1] ?? '', cells]),
  )
}

describe('The defaults that the documentation gives are those of the code:', () => {
  test('the reference of the server, every option of it', async () => {
    const table = await tableOf('docs/reference/server.md', '## Options')
    const { connection } = server
    const { maxMessagesPerSecond, maxBytesPerSecond } = connection
    for (const bound of [server.maxConnectionsPerAddress, maxMessagesPerSecond, maxBytesPerSecond]) {
      expect(bound).toBe(Number.MAX_SAFE_INTEGER)
    }
    for (const [option, value] of Object.entries({
      missingOrigin: `\`'${server.missingOrigin}'\``,
      maxConnections: server.maxConnections.toLocaleString('en'),
      maxConnectionsPerAddress: 'no bound',
      handshakeTimeoutMs: server.handshakeTimeoutMs.toLocaleString('en'),
      compression: String(connection.compression),
      maxMessageBytes: connection.maxMessageBytes.toLocaleString('en'),
      messageTimeoutMs: connection.messageTimeoutMs.toLocaleString('en'),
      maxTotalIncomingBytes: server.maxTotalIncomingBytes.toLocaleString('en'),
      keepalive: `\`intervalMs\` ${keepalive.intervalMs.toLocaleString('en')}, \`timeoutMs\` ${keepalive.timeoutMs.toLocaleString('en')}`,
      closeTimeoutMs: connection.closeTimeoutMs.toLocaleString('en'),
      maxBufferedBytes: connection.maxBufferedBytes.toLocaleString('en'),
      whenBufferFull: `\`'${connection.whenBufferFull}'\``,
      highWaterMarkBytes: connection.highWaterMarkBytes.toLocaleString('en'),
      maxMessagesPerSecond: 'no bound',
      maxBytesPerSecond: 'no bound',
      whenTooFast: `\`'${connection.whenTooFast}'\``,
      transport: `\`'${connection.transport}'\``,
    })) {
      expect([option, table.get(`\`${option}\``)?.[2]]).toEqual([option, value])
    }
    const options = [...table.keys()].map(cell => /^`(\w+)/.exec(cell)?.[1]).filter(it => it !== undefined)
    expect(options).toEqual(expect.arrayContaining([...connectionOptionNames]))
    // And there are no others: the server refuses options that it does not know.
    for (const option of options) {
      expect(() => resolveServerOptions({ [option]: undefined })).not.toThrow()
    }
  })

  test('the reference of the client', async () => {
    const table = await tableOf('docs/reference/client.md')
    expect(table.get('`maxMessageBytes`')?.[2]).toBe(client.connection.maxMessageBytes.toLocaleString('en'))
    expect(table.get('`handshakeTimeoutMs`')?.[2]).toBe(client.handshakeTimeoutMs.toLocaleString('en'))
    expect(table.get('`compression`')?.[2]).toBe('true')
    expect(client.connection).toEqual({
      ...server.connection,
      compression: client.connection.compression,
      maxMessageBytes: client.connection.maxMessageBytes,
      messageTimeoutMs: Number.MAX_SAFE_INTEGER,
    })
    expect(table.get('`messageTimeoutMs`')?.[2]).toBe('no limit')
  })

  test('compression', async () => {
    const table = await tableOf('docs/how-to/compression.md')
    for (const option of Object.keys(compressing.server)) {
      const [, , onServer, onClient] = table.get(`\`${option}\``) ?? []
      const of = (options: object | false) => String(Object(options)[option])
      expect([option, onServer, onClient]).toEqual([option, of(compressing.server), of(compressing.client)])
    }
  })

  test.each(['README.md', 'README.zh-CN.md', 'docs/security.md'])('%s', async page => {
    const text = await readFile(new URL(page, root), 'utf8')
    const rowOf = (option: string) =>
      text.split('\n').find(line => line.startsWith('|') && line.includes(`\`${option}\``)) ?? ''
    const seconds = (ms: number) => new RegExp(`\\b${ms / 1000} (s|秒)`)
    expect(rowOf('maxMessageBytes')).toContain(inMiB(server.connection.maxMessageBytes))
    expect(rowOf('maxMessageBytes')).toContain(inMiB(client.connection.maxMessageBytes))
    expect(rowOf('maxBufferedBytes')).toContain(inMiB(server.connection.maxBufferedBytes))
    if (page === 'docs/security.md') {
      expect(rowOf('maxTotalIncomingBytes')).toContain(inMiB(server.maxTotalIncomingBytes))
      expect(rowOf('messageTimeoutMs')).toMatch(seconds(server.connection.messageTimeoutMs))
    }
    expect(rowOf('keepalive')).toMatch(seconds(keepalive.intervalMs))
    expect(rowOf('keepalive')).toMatch(seconds(keepalive.timeoutMs))
    expect(rowOf('handshakeTimeoutMs')).toMatch(seconds(server.handshakeTimeoutMs))
    expect(rowOf('closeTimeoutMs')).toMatch(seconds(server.connection.closeTimeoutMs))
    expect(rowOf('maxConnections')).toContain(server.maxConnections.toLocaleString('en'))
  })
})
