import { startNginx } from '@bothways/test-support/nginx'
import { expect, test } from 'vitest'
import { type BehindOptions, lookBehind } from './behind.ts'

const upgrade =
  'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
const host = 'proxy_set_header Host $http_host;'

/** nginx in front of the doctor's own port, with these lines in its location. */
async function through(lines: string, options: Partial<BehindOptions> = {}): Promise<string[]> {
  let nginx: Awaited<ReturnType<typeof startNginx>> | undefined
  // The doctor's port has to be known before nginx starts, and the other way round: a port that was free a moment ago.
  const probe = await startNginx(port => `listen 127.0.0.1:${port};`)
  await probe.stop()
  const doctorPort = probe.port
  nginx = await startNginx(
    port => `listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${doctorPort}; ${lines} }`,
  )
  try {
    const drafts = await lookBehind(`ws://127.0.0.1:${nginx.port}/ws`, {
      port: doctorPort,
      waitMs: 5000,
      ...options,
    })
    return drafts.map(({ code }) => code.replace('BW_DOCTOR_', ''))
  } finally {
    await nginx.stop()
  }
}

/** Name, the location's lines, and what is told. */
const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ['right', `${upgrade} ${host}`, []],
  ['without a line', '', ['REQUEST_HTTP_VERSION', 'UPGRADE_STRIPPED', 'HOST_REWRITTEN']],
  [
    'without Connection',
    `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; ${host}`,
    ['UPGRADE_STRIPPED'],
  ],
  ['with Host rewritten', upgrade, ['HOST_REWRITTEN']],
  [
    'with Origin rewritten',
    `${upgrade} ${host} proxy_set_header Origin "http://backend";`,
    ['ORIGIN_REWRITTEN'],
  ],
  [
    'without the extension',
    `${upgrade} ${host} proxy_set_header Sec-WebSocket-Extensions "";`,
    ['EXTENSION_REMOVED'],
  ],
  [
    'with the key changed',
    `${upgrade} ${host} proxy_set_header Sec-WebSocket-Key "AAAAAAAAAAAAAAAAAAAAAA==";`,
    ['HEADERS_MANGLED'],
  ],
]

test.each(cases)('A proxy %s is told from both its sides', async (_, lines, codes) => {
  expect(await through(lines)).toEqual(codes)
})

test('A proxy that cuts silent connections is told', async () => {
  expect(await through(`${upgrade} ${host} proxy_read_timeout 2s;`, { idleMs: 4000 })).toEqual([
    'IDLE_TIMEOUT',
  ])
})

test('A proxy that sends requests elsewhere is told', async () => {
  const nginx = await startNginx(port => `listen 127.0.0.1:${port}; location / { return 404; }`)
  try {
    const drafts = await lookBehind(`ws://127.0.0.1:${nginx.port}/ws`, { port: 0, waitMs: 1 })
    expect(drafts.map(({ code }) => code)).toEqual(['BW_DOCTOR_NOT_ARRIVED'])
  } finally {
    await nginx.stop()
  }
})
