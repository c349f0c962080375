import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Child {
  /** The first line it printed. */
  readonly firstLine: string
  readonly pid: number
  /** Ends it by its own process id. Default: with SIGTERM. @returns its exit code; null when the signal has ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

const root = fileURLToPath(new URL('../../', import.meta.url))

function start(command: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(command, args, {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  })
}

/** Starts a program that goes on running, and waits for the line it prints when it is ready. */
export function startChild(
  command: string,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<Child> {
  return againIfBunMisread(() => startOnce(command, args, env))
}

/** Runs a program to its end and returns what it printed; throws with its errors when it fails. */
export function runChild(command: string, args: readonly string[]): Promise<string> {
  return againIfBunMisread(() => runOnce(command, args))
}

/**
 * Bun says once in some thousand starts that a module lacks an export which it has (https://github.com/oven-sh/bun/issues/34783),
 * and ends before any of our code has run. When the file has the export, it is asked again.
 */
async function againIfBunMisread<Result>(start: () => Promise<Result>): Promise<Result> {
  for (let left = 3; ; left--) {
    try {
      return await start()
    } catch (error) {
      const said = /SyntaxError: Export named '(\w+)' not found in module '([^']+)'[\s\S]*\nBun v/.exec(
        String(error),
      )
      const [, name = '', file = ''] = said ?? []
      const hasIt =
        said !== null && new RegExp(`^export .*\\b${name}\\b`, 'm').test(readFileSync(file, 'utf8'))
      if (!hasIt || left === 0) throw error
    }
  }
}

async function startOnce(
  command: string,
  args: readonly string[],
  env: Record<string, string> | undefined,
): Promise<Child> {
  const child = start(command, args, env)
  const errors: Buffer[] = []
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const firstLine = await new Promise<string>((resolve, reject) => {
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve)
    child.once('error', reject)
    child.once('close', code => reject(new Error(`${command} ended with ${code}: ${Buffer.concat(errors)}`)))
  })
  return {
    firstLine,
    pid: child.pid as number,
    async stop(signal) {
      child.kill(signal)
      return await ended
    },
  }
}

async function runOnce(command: string, args: readonly string[]): Promise<string> {
  const child = start(command, args)
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${Buffer.concat(errors)}`)
  return Buffer.concat(output).toString()
}
