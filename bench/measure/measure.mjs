import { join } from 'node:path'
import { bun, deno } from '../../tools/lib/runtimes.mjs'
import { Stop } from '../../tools/lib/terminal.mjs'
import { Child, residentBytes } from './child.mjs'
import { pinned } from './cores.mjs'

/** A peer of this name and `(base)` is the one of another checkout, such as the commit before. */
const baseSuffix = ' (base)'

/** @param {string} peer */
export function asBase(peer) {
  return peer + baseSuffix
}

/**
 * One figure of one peer.
 *
 * @typedef {object} Measurement
 * @property {number} figure messages, handshakes per second, or bytes
 * @property {number} [cpuUs] the server's, for each message
 * @property {number} [p50Us] from sending a message to its coming back
 * @property {number} [p99Us]
 * @property {boolean} [isLoadLimited] the load had no time left: the server could have done more
 * @property {number} [sampled] messages whose whole content was compared
 */

/**
 * @typedef {object} How
 * @property {number} warmupMs
 * @property {number} measureMs
 * @property {number} settleMs in which a server may give back memory that it needed for the opening handshakes alone
 * @property {(name: string) => string} program where a program of `load/` lies
 * @property {string} [base] the root of the checkout that {@link asBase} peers are of
 */

/**
 * Starts a peer, puts the load of a workload on it, and ends both.
 *
 * @param {string} peer
 * @param {import('../workloads.mjs').Workload} workload
 * @param {How} how
 * @returns {Promise<Measurement>}
 */
export function measure(peer, workload, how) {
  return workload.side === 'client' ? measureClient(peer, workload, how) : measureServer(peer, workload, how)
}

async function measureServer(peer, workload, how) {
  const server = new Child(peer, pinned('server', ...serverCommand(peer, workload.kind, how)))
  try {
    const args = loadArguments(await server.line(), server.pid, workload, how)
    const before = residentBytes(server.pid)
    const load = new Child(`load on ${peer}`, pinned('load', how.program('load'), args))
    try {
      const report = JSON.parse(await load.line())
      if (workload.mode !== 'idle') return result(peer, report)
      await new Promise(resolve => setTimeout(resolve, how.settleMs))
      return { figure: (residentBytes(server.pid) - before) / workload.connections }
    } finally {
      await load.finish()
    }
  } finally {
    await server.kill()
  }
}

async function measureClient(peer, workload, how) {
  const server = new Child('echo', pinned('load', how.program('echo'), []))
  try {
    const args = loadArguments(await server.line(), server.pid, workload, how)
    const client = new Child(
      peer,
      pinned(
        'server',
        ...runtime(peer, script(peer, 'client', how), [peer.replace(baseSuffix, ''), ...args]),
      ),
    )
    try {
      return result(peer, JSON.parse(await client.line()))
    } finally {
      await client.kill()
    }
  } finally {
    await server.kill()
  }
}

function loadArguments(port, pid, workload, { warmupMs, measureMs }) {
  const { mode, connections, inFlight, bytes, flags } = workload
  return [port, pid, mode, connections, inFlight, bytes, warmupMs, measureMs, flags].map(String)
}

function result(peer, { messages, seconds, sampled, serverCpuSeconds, loadCpuSeconds, p50Us, p99Us }) {
  if (messages === 0) throw new Stop(`${peer}: no message came back.`)
  return {
    figure: messages / seconds,
    cpuUs: (serverCpuSeconds / messages) * 1e6,
    p50Us,
    p99Us,
    // Whether the other side, which is to be the cheaper one, had no time left.
    isLoadLimited: loadCpuSeconds / seconds >= 0.95,
    sampled,
  }
}

function serverCommand(peer, kind, how) {
  if (peer === 'ceiling') return [how.program('ceiling'), [kind]]
  return runtime(peer, script(peer, peer.replace(baseSuffix, ''), how), [kind])
}

/** The script of a peer's program, in the checkout that the peer is of. */
function script(peer, name, { base }) {
  const root = peer.endsWith(baseSuffix) ? base : join(import.meta.dirname, '../..')
  return join(root, 'bench/peers', `${name}.mjs`)
}

/**
 * A script on the runtime that a peer is, or needs.
 *
 * @returns {[file: string, args: string[]]}
 */
function runtime(peer, script, args) {
  if (peer === 'bun') return [bun, [script, ...args]]
  if (peer === 'deno') return [deno, ['run', '--quiet', '--allow-all', script, ...args]]
  return [process.execPath, [script, ...args]]
}
