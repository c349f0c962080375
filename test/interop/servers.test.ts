import { type Certificate, makeCertificate } from '@bothways/test-support/certificate'
import { WebSocket } from 'bothways'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printMatrix, record } from './matrix.ts'
import { servers } from './peer-servers.ts'
import { converse } from './peers/conversation.mjs'

let certificate: Certificate
beforeAll(async () => {
  certificate = await makeCertificate()
})
afterAll(() => printMatrix('Our client at the servers of others'))

/** They have no compression. */
const neverDeflate = ['websocket', 'deno']
/** Its programs cannot ping. */
const neverPing = ['deno']

describe.each(['ws plain', 'ws deflate', 'ws deflate, by streams', 'wss deflate'])('Over %s', where => {
  test.each(Object.keys(servers))('our client gets through the whole conversation with %s', async peer => {
    const isDeflated = where !== 'ws plain'
    const server = await servers[peer]?.(where.startsWith('wss') ? certificate : undefined, isDeflated)
    if (server === undefined) throw new Error(`There is no server of ${peer}.`)
    const extensions: string[] = []
    const connect = (): WebSocket => {
      const socket = new WebSocket(server.url, ['a'], {
        compression: { thresholdBytes: 0 },
        transport: where.endsWith('by streams') ? 'stream' : 'auto',
        tls: { ca: certificate.cert },
      })
      socket.addEventListener('open', () => extensions.push(socket.extensions))
      return socket
    }
    try {
      const report = await record(peer, where, () =>
        converse(connect, {
          ping: async socket => void (await socket.ping('are you there')),
          // It tells nobody of empty texts, and answers every close with 1000.
          ...(peer === 'websocket' && { cannotEmptyText: true, closeCodeSeen: 1000 }),
        }),
      )
      const did = [...(neverPing.includes(peer) ? [] : ['answers pings']), 'pings']
      expect(report).toEqual({ protocol: 'a', problems: [], did })
      const isAgreed = isDeflated && !neverDeflate.includes(peer)
      expect(extensions.map(it => it.includes('permessage-deflate'))).toEqual([isAgreed, isAgreed])
    } finally {
      await server.stop()
    }
  })
})
