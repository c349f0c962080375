import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { freePort } from './free-port.ts'

/** A Redis server of the tests, on a free port, with a folder of its own. */
export class RedisServer {
  readonly port: number
  /** Where the others of its cluster talk to it. */
  readonly busPort: number
  readonly #folder: string
  readonly #settings: readonly string[]
  #child: ChildProcess | undefined

  private constructor(port: number, busPort: number, settings: readonly string[]) {
    this.port = port
    this.busPort = busPort
    this.#settings = settings
    this.#folder = mkdtempSync(join(tmpdir(), 'bothways-redis-'))
  }

  /** @param settings as `redis-server` takes them, such as `--appendonly yes` */
  static async start(...settings: string[]): Promise<RedisServer> {
    for (let tries = 0; ; tries++) {
      const server = new RedisServer(await freePort(), await freePort(), settings)
      try {
        await server.#start()
        return server
      } catch (error) {
        await server.end()
        // A process that asks for a free port at the same time may have been told the same one, and keeps it.
        if (tries === 20 || !isInUse(error)) throw error
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it again after {@link kill}, on the same port and with the same folder. */
  async start(): Promise<void> {
    // A connection of somebody else may have been given its port for a while.
    for (let tries = 0; ; tries++) {
      try {
        await this.#start()
        return
      } catch (error) {
        if (tries === 100 || !isInUse(error)) throw error
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    }
  }

  async #start(): Promise<void> {
    const where = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    // Otherwise it is the other port and 10,000, which may be somebody's, or past the last port.
    if (this.#settings.includes('--cluster-enabled')) where.push('--cluster-port', String(this.busPort))
    const child = spawn(systemPrograms().redis, [...where, ...this.#settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    await new Promise<void>((resolve, reject) => {
      let said = ''
      createInterface({ input: child.stdout }).on('line', line => {
        said += `${line}\n`
        if (line.includes('Ready to accept connections')) resolve()
      })
      child.once('error', reject)
      child.once('close', code => reject(new Error(`redis-server ended with ${code}: ${said}`)))
    })
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('close', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async end(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function isInUse(error: unknown): boolean {
  return (error as Error).message.includes('Address already in use')
}
