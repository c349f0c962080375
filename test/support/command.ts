import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'

/** The command `bothways` as its users start it; it runs the built packages. */
export const bin: string = fileURLToPath(new URL('../../packages/cli/bin/bothways.js', import.meta.url))

const children: Child[] = []

/** Starts a command that goes on running. @returns the line it prints when it is ready */
export async function start(...args: string[]): Promise<string> {
  const child = await startChild('node', [bin, ...args])
  children.push(child)
  return child.firstLine
}

/** Ends what {@link start} has started. */
export async function stopCommands(): Promise<void> {
  for (const child of children.splice(0)) await child.stop()
}

/** Starts an echo server on a free port. */
export async function echoUrl(...args: string[]): Promise<string> {
  const line = await start('echo', '--port', '0', ...args)
  return /listening on (\S+)/.exec(line)?.[1] ?? ''
}

export interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs a command to its end, with an input that ends. */
export async function run(args: readonly string[], input: string | Uint8Array = ''): Promise<Outcome> {
  const command = launch(args)
  command.child.stdin.on('error', () => {})
  command.child.stdin.end(input)
  return await command.outcome
}

/** Starts a command whose input stays open. */
export function launch(args: readonly string[]): {
  readonly child: ChildProcessWithoutNullStreams
  readonly outcome: Promise<Outcome>
} {
  const child = spawn('node', [bin, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    output += chunk
  })
  child.stderr.setEncoding('utf8').on('data', chunk => {
    errors += chunk
  })
  const outcome = new Promise<Outcome>(resolve => {
    child.once('close', code => resolve({ code, output, errors }))
  })
  return { child, outcome }
}
