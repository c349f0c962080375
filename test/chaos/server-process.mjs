import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('server.mjs', import.meta.url))

/** A server that the chaos kills. */
export class ServerProcess {
  #child
  #gone
  port

  /** @throws Error with its output, when it does not come up */
  static async start(broker) {
    const server = new ServerProcess()
    const child = spawn(process.execPath, [program, broker], { stdio: ['pipe', 'pipe', 'pipe'] })
    server.#child = child
    let errors = ''
    child.stderr.on('data', chunk => {
      errors = (errors + chunk).slice(-4_000)
    })
    server.#gone = once(child, 'close')
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line').then(([text]) => text),
      server.#gone.then(() => undefined),
    ])
    if (line === undefined) throw new Error(`The server did not start: ${errors}`)
    server.port = Number(line)
    return server
  }

  /** Believed dead for a while, and back. */
  async pause(ms) {
    this.#child.kill('SIGSTOP')
    await sleep(ms)
    this.#child.kill('SIGCONT')
  }

  /** As `kill -9`: nothing of it runs any more. */
  async kill() {
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}
