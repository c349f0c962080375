import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder, with a separator at its end left off. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')

const require = createRequire(join(root, 'package.json'))

/**
 * Runs a program without a shell and waits for its end.
 *
 * With `capture` the output comes back as text, otherwise it goes to the terminal. The promise is rejected
 * only when the program cannot be started; look at `code` for the rest.
 */
export function execute(file, args, { capture = false, cwd = root, env = process.env, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = capture ? ['ignore', 'pipe', 'pipe'] : 'inherit'
    // Captured output goes into a report: colours stay out of it.
    const environment = capture ? { ...env, NO_COLOR: '1', FORCE_COLOR: undefined } : env
    const child = spawn(file, args, { cwd, env: environment, stdio, shell, windowsHide: true })
    const output = []
    const stdout = []
    child.stdout?.on('data', chunk => {
      output.push(chunk)
      stdout.push(chunk)
    })
    child.stderr?.on('data', chunk => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const text = chunks => Buffer.concat(chunks).toString()
      resolve({ code: code ?? 1, signal, output: text(output), stdout: text(stdout) })
    })
  })
}

/** Runs the command `name` of an installed package, in this Node and without the links of `.bin`. */
export function executeTool(packageName, name, args, options) {
  return execute(process.execPath, [toolScript(packageName, name), ...args], options)
}

/** The script behind the command `name` of an installed package. */
export function toolScript(packageName, name) {
  const manifestPath = packageManifest(packageName)
  const { bin } = require(manifestPath)
  return join(dirname(manifestPath), typeof bin === 'string' ? bin : bin[name])
}

// Not through the module resolver: most packages do not export their package.json.
function packageManifest(packageName) {
  const path = join(root, 'node_modules', packageName, 'package.json')
  if (!existsSync(path)) throw new Error(`${packageName} is not installed: run \`npm ci\``)
  return path
}

/** Runs npm: the one that started us, else the one that came with this Node, else the first on the path. */
export function executeNpm(args, options = {}) {
  const script = npmScript()
  if (script !== undefined) return execute(process.execPath, [script, ...args], options)
  // On Windows npm is a .cmd file, which Node starts only through the shell; our arguments need no quoting.
  return execute('npm', args, { ...options, shell: process.platform === 'win32' })
}

/** The folder of that npm; undefined when it is only known by its name. */
export function npmFolder() {
  const script = npmScript()
  return script === undefined ? undefined : dirname(dirname(realpathSync(script)))
}

function npmScript() {
  const starter = process.env.npm_execpath
  if (starter !== undefined && basename(starter) === 'npm-cli.js' && existsSync(starter)) return starter
  const folder = dirname(process.execPath)
  const places = ['node_modules/npm/bin/npm-cli.js', '../lib/node_modules/npm/bin/npm-cli.js']
  return places.map(place => join(folder, place)).find(existsSync)
}
