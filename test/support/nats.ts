import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { systemPrograms } from '../../tools/lib/system-programs.mjs'
import { freePort } from './free-port.ts'

/** A NATS server of the tests with JetStream, on a free port, with a folder of its own. */
export class NatsServer {
  readonly port: number
  readonly #folder: string
  #child: ChildProcess | undefined

  private constructor(port: number) {
    this.port = port
    this.#folder = mkdtempSync(join(tmpdir(), 'bothways-nats-'))
  }

  static async start(): Promise<NatsServer> {
    const server = new NatsServer(await freePort())
    await server.start()
    return server
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`
  }

  /** Starts it again after {@link kill}, on the same port and with the same folder. */
  async start(...settings: string[]): Promise<void> {
    // While it was away a connection of somebody else may have been given its port.
    for (let tries = 0; ; tries++) {
      try {
        await this.#start(settings)
        return
      } catch (error) {
        if (tries === 50 || !(error as Error).message.includes('address already in use')) throw error
        await new Promise(resolve => setTimeout(resolve, 100))
      }
    }
  }

  async #start(settings: readonly string[]): Promise<void> {
    const args = ['--addr', '127.0.0.1', '--port', String(this.port)]
    const store = settings.length > 0 ? settings : ['--jetstream', '--store_dir', join(this.#folder, 'store')]
    const child = spawn(systemPrograms().nats, [...args, ...store], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    await new Promise<void>((resolve, reject) => {
      let said = ''
      createInterface({ input: child.stderr }).on('line', line => {
        said = `${said}${line}\n`.slice(-4000)
        if (line.includes('Server is ready')) resolve()
      })
      child.once('error', reject)
      child.once('close', code => reject(new Error(`nats-server ended with ${code}: ${said}`)))
    })
  }

  /** Copies its store, while it does not run. @returns the function that puts the copy back */
  copy(): () => void {
    const [store, copy] = [join(this.#folder, 'store'), join(this.#folder, 'copy')]
    cpSync(store, copy, { recursive: true })
    return () => {
      rmSync(store, { recursive: true, force: true })
      cpSync(copy, store, { recursive: true })
    }
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
