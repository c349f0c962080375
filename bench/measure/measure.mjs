import { join } from 'node:path'
import { bun, deno } from '../../tools/runtimes.mjs'
import { Stop } from '../../tools/say.mjs'
import { Child, residentBytes } from './child.mjs'
import { pinned } from './cores.mjs'

const peers = join(import.meta.dirname, '..', 'peers')

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
 * Starts a peer, puts the load of a workload on it, and ends both.
 *
 * @param {import('../workloads.mjs').Workload} workload
 * @param {{ warmupMs: number, measureMs: number, program: (name: string) => string }} how
 * @returns {Promise<Measurement>}
 */
export async function measure(peer, workload, { warmupMs, measureMs, program }) {
  const server = new Child(peer, pinned('server', ...command(peer, workload.kind, program)))
  try {
    const port = await server.line()
    const { mode, connections, inFlight, bytes, flags } = workload
    const args = [port, server.pid, mode, connections, inFlight, bytes, warmupMs, measureMs, flags].map(
      String,
    )
    const before = residentBytes(server.pid)
    const load = new Child(`load on ${peer}`, pinned('load', program('load'), args))
    try {
      const report = JSON.parse(await load.line())
      if (mode !== 'idle') return result(peer, report)
      await settled()
      return { figure: (residentBytes(server.pid) - before) / connections }
    } finally {
      await load.finish()
    }
  } finally {
    await server.kill()
  }
}

function result(
  peer,
  { messages, seconds, errors, sampled, serverCpuSeconds, loadCpuSeconds, p50Us, p99Us },
) {
  if (errors > 0) throw new Stop(`${peer}: ${errors} messages came back wrong.`)
  if (messages === 0) throw new Stop(`${peer}: no message came back.`)
  return {
    figure: messages / seconds,
    cpuUs: (serverCpuSeconds / messages) * 1e6,
    p50Us,
    p99Us,
    isLoadLimited: loadCpuSeconds / seconds >= 0.95,
    sampled,
  }
}

/** @returns {[file: string, args: string[]]} */
function command(peer, kind, program) {
  const script = join(peers, `${peer}.mjs`)
  if (peer === 'ceiling') return [program('ceiling'), [kind]]
  if (peer === 'bun') return [bun, [script, kind]]
  if (peer === 'deno') return [deno, ['run', '--allow-net', '--allow-read', script, kind]]
  return [process.execPath, [script, kind]]
}

/** Memory that a server needs for the opening handshakes alone it may give back. */
function settled() {
  return new Promise(resolve => setTimeout(resolve, 2_000))
}
