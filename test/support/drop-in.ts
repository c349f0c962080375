import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { get } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

const root = join(import.meta.dirname, '../..')

/** A program of an example, running on one of the packages that go by the same name. */
export class Program {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown[]>
  readonly #lines: string[] = []
  readonly #waiting = new Set<() => void>()
  #errors = ''
  #isClosed = false

  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', PORT: '0', ...env },
    })
    this.#closed = once(this.#child, 'close')
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', line => {
        this.#lines.push(line)
        this.#wake()
      })
    }
    const wakeAtTheEnd = (): void => {
      this.#isClosed = true
      this.#wake()
    }
    this.#closed.then(wakeAtTheEnd, wakeAtTheEnd)
  }

  /** The lines that it has printed so far, without the parts that differ each time it runs. */
  get printed(): string[] {
    return this.#lines.map(withoutChance)
  }

  /** The first line that matches, waiting for it if need be. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.#lines.find(line => pattern.test(line))
      if (line !== undefined) return line
      if (this.#isClosed) throw new Error(`It ended and never printed ${pattern}: ${this.#everything()}`)
      await new Promise<void>(resolve => this.#waiting.add(resolve))
    }
  }

  /** The address it printed. */
  async url(): Promise<string> {
    return /\w+:\/\/\S+/.exec(await this.line(/:\/\//))?.[0] ?? ''
  }

  /** Waits until it has ended by itself. */
  async end(): Promise<void> {
    const [code, signal] = await this.#closed
    if (code !== 0 || this.#errors !== '')
      throw new Error(`It ended with ${code ?? signal}: ${this.#everything()}`)
  }

  /** Asks it to end, as Ctrl+C or a process manager does, and waits until it has by itself. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<void> {
    this.#child.kill(signal)
    await this.end()
  }

  /** Ends it whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed.catch(() => {})
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #everything(): string {
    return [...this.#lines, this.#errors].join('\n')
  }
}

/** A copy of an example in a folder of its own, where one of its dependencies may be another package. */
export class DropIn {
  readonly #folder: string
  readonly #programs = new Map<string, Program[]>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Copies `examples/${example}`. There, `packages` maps names to the packages of this repository's `node_modules` that
   * are found under them; these find their own dependencies here, because Node.js goes by the real path.
   */
  static async copy(example: string, packages: Readonly<Record<string, string>>): Promise<DropIn> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'bothways-drop-in-'))
    const filter = (source: string): boolean => basename(source) !== 'node_modules'
    await cp(join(root, 'examples', example), folder, { recursive: true, filter })
    for (const [name, target] of Object.entries(packages)) {
      const link = join(folder, 'node_modules', name)
      await mkdir(dirname(link), { recursive: true })
      await symlink(await realpath(join(root, 'node_modules', target)), link, 'junction')
    }
    return new DropIn(folder)
  }

  start(file: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Program {
    const program = new Program(join(this.#folder, file), args, env)
    this.#programs.set(file, [...(this.#programs.get(file) ?? []), program])
    return program
  }

  /** The lines that each file has printed, each time it was started. */
  get printed(): Record<string, string[][]> {
    return Object.fromEntries(
      [...this.#programs].map(([file, programs]) => [file, programs.map(({ printed }) => printed)]),
    )
  }

  async remove(): Promise<void> {
    await Promise.all([...this.#programs.values()].flat().map(program => program.kill()))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** A client that has its handshake behind it and writes bytes, for frames that a WebSocket would never send. */
export async function rawClient(url: string, more: Readonly<Record<string, string>> = {}): Promise<Socket> {
  const headers = {
    ...more,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  }
  const request = get(url.replace(/^ws/, 'http'), { agent: false, headers })
  const [, socket, head] = (await once(request, 'upgrade')) as [unknown, Socket, Buffer]
  socket.unshift(head)
  return socket
}

/** Ports, times and ids are different each time. */
function withoutChance(line: string): string {
  return line
    .replaceAll(/\b127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g, 'ID')
}
