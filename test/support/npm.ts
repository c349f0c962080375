import { execFileSync } from 'node:child_process'

/** Runs npm in a folder and returns what it says: the npm that started the tests, else the first on the path. */
export function runNpm(args: readonly string[], folder: string): string {
  const npm = process.env.npm_execpath
  const [file, before] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []]
  return execFileSync(file, [...before, ...args, '--loglevel=error'], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    // On Windows npm is a .cmd file, which only the shell starts.
    shell: file === 'npm' && process.platform === 'win32',
  })
}
