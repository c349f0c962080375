/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {'echo' | 'text' | 'room' | 'echo-deflate' | 'room-deflate'} kind what the server does with a message
 * @property {'echo' | 'room' | 'publish' | 'handshake' | 'idle'} mode what the load does (load/load.c)
 * @property {number} connections
 * @property {number} inFlight messages on their way at any time, of each that sends
 * @property {number} bytes of a message's payload
 * @property {string} flags of the load: t Chinese text, j JSON, d permessage-deflate, u each connection has been used
 *   before it is idle, s Socket.IO, - none
 * @property {string} unit what is counted; `bytes` is better when it is less, everything else when it is more
 * @property {string} goal what Bothways should reach, as a ratio to `base`
 * @property {string} base the peer that all are compared with
 * @property {readonly string[]} peers
 * @property {'server' | 'client'} side which of the two is measured
 */

const servers = ['bothways', 'ws', 'bothways-ws', 'websocket', 'nodejs-websocket', 'bun', 'deno']
const echoing = [...servers, 'net', 'ceiling']
const sharing = [...servers, 'ceiling']
const compressing = ['bothways', 'ws', 'bothways-ws', 'bun']
const socketIo = ['bothways-socket.io', 'socket.io']
const clients = ['bothways', 'ws', 'undici', 'bun', 'deno']

/** @type {readonly Workload[]} */
export const workloads = [
  row('echo 64 B, 64 connections, 1 in flight', 'echo', 64, 1, 64, '>= 2.0', echoing),
  row('echo 64 B, 1,000 connections, 1 in flight', 'echo', 1_000, 1, 64, '>= 2.0', echoing),
  row('echo 64 B, 64 connections, 32 in flight', 'echo', 64, 32, 64, '>= 25', echoing),
  {
    ...row('echo 1 KiB of Chinese text as strings, 64 connections', 'echo', 64, 1, 1_024, '>= 1.8', servers),
    kind: 'text',
    flags: 't',
  },
  row('echo 16 KiB, 64 connections, 4 in flight', 'echo', 64, 4, 16_384, '>= 1.5', [...servers, 'net']),
  row('echo 1 MiB, 4 connections', 'echo', 4, 1, 1_048_576, '>= 1.2', [...servers, 'net']),
  row('publish 64 B to 1,000 subscribers, 1 in flight', 'publish', 1_000, 1, 64, '>= 1.7', sharing),
  row('publish 64 B to 1,000 subscribers, 8 in flight', 'publish', 1_000, 8, 64, '>= 14', sharing),
  row('publish 1 KiB to 5,000 subscribers, 8 in flight', 'publish', 5_000, 8, 1_024, '>= 11', servers),
  row('a room of 100 that all talk, 64 B', 'room', 100, 1, 64, '>= 45', servers),
  {
    ...row('publish 1 KiB of JSON to 500, compressed', 'publish', 500, 1, 1_024, '>= 10', compressing),
    kind: 'room-deflate',
    flags: 'jd',
  },
  { ...row('handshakes', 'handshake', 128, 1, 64, '>= 3.5', servers), unit: 'handshakes/s' },
  { ...row('memory of an idle connection', 'idle', 10_000, 1, 64, '<= 0.4', servers), unit: 'bytes' },
  {
    ...row('memory of an idle connection, compression agreed', 'idle', 10_000, 1, 64, '<= 0.2', compressing),
    kind: 'echo-deflate',
    flags: 'd',
    unit: 'bytes',
  },
  {
    ...row('memory of an idle connection, compression used', 'idle', 1_000, 1, 2_048, '<= 0.2', compressing),
    kind: 'echo-deflate',
    flags: 'jdu',
    unit: 'bytes',
  },
  ...[
    row('Socket.IO: echo, 64 clients, 1 in flight', 'echo', 64, 1, 64, 'none', socketIo),
    row('Socket.IO: room fan-out to 1,000 clients, 1 in flight', 'publish', 1_000, 1, 64, 'none', socketIo),
    row('Socket.IO: room fan-out to 1,000 clients, 8 in flight', 'publish', 1_000, 8, 64, '>= 3', socketIo),
    {
      ...row('Socket.IO: idle memory per client (WebSocket)', 'idle', 10_000, 1, 64, '<= 0.5', socketIo),
      unit: 'bytes',
    },
  ].map(it => ({ ...it, base: 'socket.io', flags: 's' })),
  ...[
    row('clients: echo 64 B, 64 connections, 1 in flight', 'echo', 64, 1, 64, 'none', clients),
    row('clients: echo 64 B, 64 connections, 32 in flight', 'echo', 64, 32, 64, 'none', clients),
    row('clients: echo 16 KiB, 64 connections, 4 in flight', 'echo', 64, 4, 16_384, 'none', clients),
    {
      ...row('clients: echo 1 KiB of Chinese text, 64 connections', 'echo', 64, 1, 1_024, 'none', clients),
      flags: 't',
    },
    { ...row('clients: handshakes', 'handshake', 16, 1, 64, 'none', clients), unit: 'handshakes/s' },
  ].map(it => ({ ...it, side: 'client' })),
]

/**
 * A workload that grows: costs that grow more than in proportion show.
 *
 * @typedef {object} Series
 * @property {string} name
 * @property {string} unit of the cost: `us` of CPU for a message, or `ns` for a byte
 * @property {readonly { readonly size: string, readonly workload: Workload }[]} points
 */

const compared = ['bothways', 'ws']

/** @type {readonly Series[]} */
export const series = [
  {
    name: 'echo 64 B over more and more connections',
    unit: 'us',
    points: [10, 100, 1_000, 10_000].map(count => ({
      size: `${count}`,
      workload: row(`${count} connections`, 'echo', count, 1, 64, '', compared),
    })),
  },
  {
    name: 'publish 64 B to more and more subscribers',
    unit: 'us',
    points: [1, 10, 100, 1_000, 10_000].map(count => ({
      size: `${count}`,
      workload: row(`${count} subscribers`, 'publish', count, 1, 64, '', compared),
    })),
  },
  {
    name: 'echo longer and longer messages over 4 connections',
    unit: 'ns',
    points: [6, 10, 14, 18, 20, 24].map(exponent => ({
      size: bytes(2 ** exponent),
      workload: row(bytes(2 ** exponent), 'echo', 4, 1, 2 ** exponent, '', compared),
    })),
  },
]

function bytes(count) {
  if (count >= 2 ** 20) return `${count / 2 ** 20} MiB`
  return count >= 1_024 ? `${count / 1_024} KiB` : `${count} B`
}

/** @returns {Workload} */
function row(name, mode, connections, inFlight, bytes, goal, peers) {
  const kind = mode === 'publish' || mode === 'room' ? 'room' : 'echo'
  const rest = { base: 'ws', flags: '-', unit: 'messages/s', side: 'server' }
  return { name, kind, mode, connections, inFlight, bytes, goal, peers, ...rest }
}
