import { type Child, startChild } from './child.ts'

export interface Example {
  /** The address it printed. */
  readonly url: string
  readonly child: Child
}

/** Starts a file of `examples` on a free port. */
export async function startExample(file: string, env: Record<string, string> = {}): Promise<Example> {
  const child = await startChild('node', [`examples/${file}`], { PORT: '0', ...env })
  const url = /\w+:\/\/\S+/.exec(child.firstLine)?.[0]
  if (url === undefined) throw new Error(`examples/${file} printed no address: ${child.firstLine}`)
  return { url, child }
}
