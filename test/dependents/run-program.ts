import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const folder = fileURLToPath(new URL('./programs/', import.meta.url))

/** The packages that stand where others ask for ws: each program says the same on both. */
export const implementations = ['ws', '@bothways/ws'] as const
/** The packages that stand where others ask for websocket. */
export const websocketImplementations = ['websocket', '@bothways/websocket'] as const
export type Implementation = (typeof implementations | typeof websocketImplementations)[number]

/**
 * Runs a program of the folder `dependents` to its end and returns the lines it printed.
 *
 * Throws when it fails, when it prints errors or warnings, when a package in it gets another one than asked for, and
 * when it does not say which one it got. A program has no `process.exit`: it ends when nothing is left open.
 */
export async function runProgram(
  program: string,
  implementation: Implementation,
  ...args: string[]
): Promise<string[]> {
  const name = implementation.replace('@bothways/', '')
  const flags = implementation === name ? ['--import', './original.mjs'] : []
  const child = spawn(process.execPath, [...flags, program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_ENV: undefined },
  })
  onTestFinished(() => void child.kill())
  const lines: string[] = []
  const errors: Buffer[] = []
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0 || errors.length > 0) {
    throw new Error(
      `${program} ended with ${code}; it printed:\n${lines.join('\n')}\n${Buffer.concat(errors)}`,
    )
  }
  const isWhich = (line: string): boolean => line.startsWith(`${name} is `)
  const which = lines.filter(isWhich)
  if (which.length === 0 || which.some(line => line !== `${name} is ${implementation}`)) {
    throw new Error(`${program} was to run on ${implementation}, but says: ${which.join(', ') || 'nothing'}`)
  }
  return lines.filter(line => !isWhich(line))
}
