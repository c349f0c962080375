import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

export interface ProxyProcess {
  readonly port: number
  stop(): Promise<void>
}

/** How a proxy is started, with a configuration in a folder of its own that goes when it stops. */
export interface Recipe {
  readonly program: string
  readonly config: (port: number, folder: string) => string
  /** The arguments that make it read the configuration and stay in the foreground. */
  readonly args: (configPath: string, folder: string) => readonly string[]
  readonly env?: (folder: string) => NodeJS.ProcessEnv
}

export async function startProxy(recipe: Recipe): Promise<ProxyProcess> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'bothways-proxy-'))
  const configPath = join(folder, 'config')
  await writeFile(configPath, recipe.config(port, folder))
  const child = spawn(recipe.program, recipe.args(configPath, folder), {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(recipe.env !== undefined && { env: { ...process.env, ...recipe.env(folder) } }),
  })
  let says = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', chunk => {
      says = (says + chunk).slice(-2000)
    })
  }
  const ended = once(child, 'exit')
  const isOver = (): boolean => child.exitCode !== null
  await Promise.race([untilListening(port, isOver), ended])
  if (isOver()) throw new Error(`${recipe.program} ended with ${child.exitCode}: ${says}`)
  return {
    port,
    async stop() {
      child.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves when something listens on the port, or nobody will. */
async function untilListening(port: number, isOver: () => boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const isUp = await new Promise(resolve => {
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
  })
  socket.destroy()
  if (isUp || isOver()) return
  await new Promise(resolve => setTimeout(resolve, 20))
  await untilListening(port, isOver)
}
