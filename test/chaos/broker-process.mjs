import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../tools/lib/free-port.mjs'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { BrokerNetwork } from './broker-network.mjs'
import { Chance } from './chance.mjs'

const programs = {
  redis: {
    program: () => systemPrograms().redis,
    args: (port, folder) => [
      ...['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always'],
    ],
    output: 'stdout',
    ready: 'Ready to accept connections',
  },
  nats: {
    program: () => systemPrograms().nats,
    args: (port, folder) => ['--addr', '127.0.0.1', '--port', port, '--jetstream', '--store_dir', folder],
    output: 'stderr',
    ready: 'Server is ready',
  },
}

/** A Redis or NATS of the chaos, on a free port: servers reach it by a bad network, and it is killed and started again. */
export class BrokerProcess {
  #kind
  #port
  #child
  #gone
  #network
  #networkPort
  #folder = mkdtempSync(join(tmpdir(), 'bothways-chaos-'))

  /** @param kind `redis` or `nats` */
  static async start(kind, seed) {
    const broker = new BrokerProcess()
    broker.#kind = kind
    broker.#port = await freePort()
    broker.#network = new BrokerNetwork(new Chance(seed, 'broker'), broker.#port)
    broker.#networkPort = await broker.#network.listen()
    await broker.#start()
    return broker
  }

  /** By the bad network, as `openBroker` takes it. */
  get name() {
    return `${this.#kind}://127.0.0.1:${this.#networkPort}`
  }

  /** By a good one. */
  get directName() {
    return `${this.#kind}://127.0.0.1:${this.#port}`
  }

  /** How often a connection to it was cut, or stood still. */
  get troubles() {
    return this.#network.troubles
  }

  async restart() {
    await this.#kill()
    // While it was away a connection of somebody else may have been given its port.
    for (let tries = 0; ; tries++) {
      try {
        return await this.#start()
      } catch (error) {
        if (tries === 100) throw error
        await sleep(100)
      }
    }
  }

  async end() {
    await this.#kill()
    this.#network.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #start() {
    const { program, args, output, ready } = programs[this.#kind]
    const child = spawn(program(), args(String(this.#port), this.#folder), {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#gone = new Promise(resolve => child.once('close', resolve))
    let said = ''
    await new Promise((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', line => {
          said = `${said}${line}\n`.slice(-4_000)
          if (stream === child[output] && line.includes(ready)) resolve()
        })
      }
      child.once('error', reject)
      child.once('close', () => reject(new Error(`${this.#kind} has ended: ${said}`)))
    })
  }

  async #kill() {
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}
