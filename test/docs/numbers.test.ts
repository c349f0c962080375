import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { resolveClientOptions } from '../../packages/bothways/src/client/client-options.ts'
import { resolveServerOptions, serverOptions } from '../../packages/bothways/src/server/options.ts'
import { defaultText, rowsByName } from './tables.ts'

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

describe('The defaults of the code stand in', () => {
  test('the reference of the server, with every option and no other', () => {
    const rows = rowsByName('docs/reference/server.md', '## Options')
    expect([...rows.keys()].sort()).toEqual(Object.keys(serverOptions).sort())
    const { connection, ...own } = server
    const { keepalive: _, ...settings } = connection
    for (const [option, value] of Object.entries({ ...settings, ...own })) {
      const text = defaultText(value)
      if (text !== undefined) expect([option, rows.get(option)?.[1]]).toEqual([option, text])
    }
    const times = Object.entries(keepalive).map(([name, value]) => `\`${name}\` ${defaultText(value)}`)
    expect(rows.get('keepalive')?.[1]).toBe(times.join(', '))
  })

  test('the reference of the client', () => {
    const rows = rowsByName('docs/reference/client.md')
    expect(rows.get('maxMessageBytes')?.[1]).toBe(client.connection.maxMessageBytes.toLocaleString('en'))
    expect(rows.get('handshakeTimeoutMs')?.[1]).toBe(client.handshakeTimeoutMs.toLocaleString('en'))
    expect(rows.get('compression')?.[1]).toBe('true')
    expect(client.connection).toEqual({
      ...server.connection,
      compression: client.connection.compression,
      maxMessageBytes: client.connection.maxMessageBytes,
      messageTimeoutMs: Number.MAX_SAFE_INTEGER,
    })
    expect(rows.get('messageTimeoutMs')?.[1]).toBe('no limit')
  })

  test('the guide to compression', () => {
    const rows = rowsByName('docs/how-to/compression.md')
    for (const option of Object.keys(compressing.server)) {
      const [, onServer, onClient] = rows.get(option) ?? []
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
