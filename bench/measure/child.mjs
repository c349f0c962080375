import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Stop } from '../../tools/lib/terminal.mjs'

/** How long a child may take to say what it has to say, in ms. */
const patienceMs = 60_000

/** A process that prints lines, and is ended by its own id. */
export class Child {
  #process
  #lines
  #name
  #errors = ''
  #ended

  /** @param {string} name for messages */
  constructor(name, [file, args], options = {}) {
    this.#name = name
    this.#process = spawn(file, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#process.stderr.on('data', chunk => {
      this.#errors = (this.#errors + chunk).slice(-4_000)
    })
    this.#ended = new Promise(resolve => {
      this.#process.on('error', error => resolve(error.message))
      this.#process.on('close', (code, signal) => resolve(`it ended with ${signal ?? code}`))
    })
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]()
  }

  get pid() {
    return this.#process.pid
  }

  /** The next line; throws when there is none. */
  async line() {
    let timer
    const late = new Promise(resolve => {
      timer = setTimeout(() => resolve({ done: true, late: true }), patienceMs)
    })
    const next = await Promise.race([this.#lines.next(), late])
    clearTimeout(timer)
    if (!next.done) return next.value
    const why = next.late ? `it said nothing for ${patienceMs / 1_000} s` : await this.#ended
    throw new Stop(`${this.#name}: ${why}.\n${this.#errors}`)
  }

  /** Lets it see the end of its input, and waits for its end. */
  async finish() {
    this.#process.stdin.end()
    await this.#ended
  }

  async kill() {
    this.#process.kill('SIGKILL')
    await this.#ended
  }
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}
