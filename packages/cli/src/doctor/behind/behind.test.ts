import { connect, createServer, type Socket } from 'node:net'
import { startNginx } from '@bothways/test-support/nginx'
import { afterAll, expect, test } from 'vitest'
import { wordFinding } from '../catalogue/draft.ts'
import { closeAll, open } from '../zoo/keeper.ts'
import { type BehindOptions, lookBehind } from './behind.ts'

afterAll(closeAll)

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
    const { drafts } = await lookBehind(`ws://127.0.0.1:${nginx.port}/ws`, {
      port: doctorPort,
      waitMs: 5000,
      ...options,
    })
    return drafts.map(({ code }) => code.replace('BW_DOCTOR_', ''))
  } finally {
    await nginx.stop()
  }
}

/** Name, the location's lines, and the codes told. */
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

test.concurrent('nginx that cuts silent connections is told, and that whatever is sent helps', async () => {
  const lines = `${upgrade} ${host} proxy_read_timeout 1s;`
  expect(await through(lines, { idleMs: 2500 })).toEqual(['IDLE_TIMEOUT'])
})

/** Meddles with one connection of a proxy of this test, given its two ends. */
type Meddling = (client: Socket, server: Socket) => void

/** Looks through a proxy that passes bytes on, and meddles with each connection. */
async function meddling(
  meddle: Meddling,
  options: Partial<BehindOptions>,
): Promise<{ codes: string[]; text: string; did: readonly number[] }> {
  let doctorPort = 0
  const proxy = createServer(client => {
    const server = connect(doctorPort, '127.0.0.1')
    for (const socket of [client, server]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        server.destroy()
      })
    }
    client.pipe(server)
    server.pipe(client)
    meddle(client, server)
  })
  const port = await open(proxy)
  const { drafts, connections, messages } = await lookBehind(`ws://127.0.0.1:${port}/ws`, {
    port: 0,
    waitMs: 5000,
    onListening: listening => {
      doctorPort = listening
    },
    ...options,
  })
  const text = drafts
    .map(draft => wordFinding(draft, 'en'))
    .map(({ title, evidence }) => [title, ...evidence].join('\n'))
    .join('\n')
  return {
    codes: drafts.map(({ code }) => code.replace('BW_DOCTOR_', '')),
    text,
    did: [connections, ...messages],
  }
}

/** Cuts both ends when nothing has come from these sockets for so long. */
function cutWhenSilent(ms: number, sockets: readonly Socket[], both: readonly Socket[]): void {
  const cut = () => {
    for (const socket of both) socket.resetAndDestroy()
  }
  for (const socket of sockets) {
    let timer = setTimeout(cut, ms)
    socket.on('data', () => {
      clearTimeout(timer)
      timer = setTimeout(cut, ms)
    })
    socket.on('close', () => clearTimeout(timer))
  }
}

/** Cuts both ends once so many bytes have come from a socket. */
function cutAfter(bytes: number, socket: Socket, both: readonly Socket[]): void {
  let came = 0
  socket.on('data', chunk => {
    came += chunk.length
    if (came > bytes) for (const each of both) each.destroy()
  })
}

test.concurrent('A proxy that passes everything on has no finding, and what was sent is told', async () => {
  const { codes, did } = await meddling(() => {}, { idleMs: 300, sizeBytes: 300_000 })
  expect(codes).toEqual([])
  // One request to compare, four connections left open, one message each way.
  expect(did).toEqual([7, 300_000, 300_000])
})

test.concurrent('A proxy that cuts after so many bytes is told, with the direction', async () => {
  const up = await meddling((client, server) => cutAfter(100_000, client, [client, server]), {
    sizeBytes: 1_000_000,
  })
  expect(up.codes).toEqual(['CUT_AFTER_BYTES'])
  expect(up.text).toMatch(/Of 1000014 bytes from the client to the server, \d+ came through/)
  const down = await meddling((client, server) => cutAfter(100_000, server, [client, server]), {
    sizeBytes: 1_000_000,
  })
  expect(down.text).toMatch(/Of 1000010 bytes from the server to the client, \d+ came through/)
  const both = await meddling(
    (client, server) => {
      cutAfter(100_000, client, [client, server])
      cutAfter(100_000, server, [client, server])
    },
    { sizeBytes: 1_000_000 },
  )
  expect(both.codes).toEqual(['CUT_AFTER_BYTES', 'CUT_AFTER_BYTES'])
})

test.concurrent('A proxy that cuts after so many seconds is told from one that cuts silence', async () => {
  const life = await meddling(client => setTimeout(() => client.destroy(), 700), { idleMs: 2000 })
  expect(life.codes).toEqual(['CUT_AFTER_SECONDS'])
  const idle = 700
  const silence: readonly (readonly [(client: Socket, server: Socket) => Socket[], string])[] = [
    [(client, server) => [client, server], 'only traffic in both directions keeps it open'],
    [client => [client], 'only what the client sends keeps it open'],
    [(_, server) => [server], 'only what the server sends keeps it open'],
  ]
  await Promise.all(
    silence.map(async ([watched, says]) => {
      const { codes, text } = await meddling(
        (client, server) => cutWhenSilent(idle, watched(client, server), [client, server]),
        { idleMs: 2000 },
      )
      expect([says, codes]).toEqual([says, ['IDLE_TIMEOUT']])
      expect(text).toContain(says)
    }),
  )
})

test('A proxy that sends requests elsewhere is told', async () => {
  const nginx = await startNginx(port => `listen 127.0.0.1:${port}; location / { return 404; }`)
  try {
    const { drafts } = await lookBehind(`ws://127.0.0.1:${nginx.port}/ws`, { port: 0, waitMs: 1 })
    expect(drafts.map(({ code }) => code)).toEqual(['BW_DOCTOR_NOT_ARRIVED'])
  } finally {
    await nginx.stop()
  }
})
