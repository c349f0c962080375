import { makeCertificate } from '@bothways/test-support/certificate'
import { describe, expect, test } from 'vitest'
import { implementations, runProgram } from './run-program.ts'

describe.each(implementations)('On %s', implementation => {
  test('mqtt publishes to a broker with each quality of service, retained, large, in order, and leaves its will', async () => {
    const { certPath, keyPath } = await makeCertificate()
    expect(await runProgram('mqtt.mjs', implementation, certPath, keyPath)).toEqual([
      'connected true mqtt',
      'granted news/# 2 bytes 1',
      'news/old retained 1 true',
      'news/new with 0 0 false',
      'news/new with 1 1 false',
      'news/new with 2 2 false',
      'three megabytes true',
      'in order 1000',
      'the broker answers pings',
      'its will news/will gone 1 false',
      'not without the certificate: DEPTH_ZERO_SELF_SIGNED_CERT',
      'news/tls encrypted 1 false',
      'disconnected subscriber',
      'connections 0',
    ])
  })
})
