import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { executeNpm, root } from './spawn.mjs'
import { inLocale, say } from './terminal.mjs'

/**
 * Compiles the native part of better-sqlite3 where this Node.js has no SQLite of its own, which is before 22.13: npm runs
 * no install scripts here. Takes a minute of one core, once. Where it cannot be compiled everything else is built all the
 * same; `serve --broker sqlite:FILE` and the tests of that broker then say what is missing.
 */
export async function buildSqliteBinding() {
  if (process.getBuiltinModule?.('node:sqlite') !== undefined || loads()) return
  say(
    inLocale({
      en: 'Compiling better-sqlite3, since this Node.js has no SQLite …',
      zh: '正在编译 better-sqlite3，因为这个 Node.js 没有自带 SQLite…',
    }),
  )
  const fetched = mkdtempSync(join(tmpdir(), 'bothways-headers-'))
  try {
    const headers = headersBeside() ?? (await fetchHeaders(fetched))
    const env = {
      ...process.env,
      npm_config_ignore_scripts: 'false',
      // The source that the lock file names is installed, not a binary from elsewhere.
      npm_config_build_from_source: 'true',
      ...(headers !== undefined && { npm_config_nodedir: headers }),
      CFLAGS: '-O1 -w',
      CXXFLAGS: '-O1 -w',
    }
    const { code, output } = await executeNpm(['rebuild', 'better-sqlite3'], { capture: true, env })
    if (code === 0 && loads()) return
    say(output.trimEnd().split('\n').slice(-15).join('\n'))
  } finally {
    rmSync(fetched, { recursive: true, force: true })
  }
  say(
    inLocale({
      en: 'better-sqlite3 does not compile (it needs python3, make and g++): topics in SQLite need Node.js 22.13 here.',
      zh: 'better-sqlite3 无法编译（需要 python3、make 和 g++）：在这台机器上，SQLite 主题需要 Node.js 22.13。',
    }),
  )
}

/** The folder of this Node.js, where its headers came with it, as they do in every download of nodejs.org. */
function headersBeside() {
  const folder = dirname(dirname(process.execPath))
  return hasHeaders(folder) ? folder : undefined
}

/** Those of the same version in npm's package of Node.js; undefined: node-gyp looks for them itself, at nodejs.org. */
async function fetchHeaders(folder) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const flags = ['--prefix', folder, '--no-save', '--ignore-scripts', '--loglevel=error']
  await executeNpm(['install', ...flags, `${name}@${process.versions.node}`], { capture: true, cwd: folder })
  const fetched = join(folder, 'node_modules', name)
  return hasHeaders(fetched) ? fetched : undefined
}

function hasHeaders(folder) {
  return existsSync(join(folder, 'include', 'node', 'node.h'))
}

function loads() {
  try {
    const Database = createRequire(join(root, 'package.json'))('better-sqlite3')
    new Database(':memory:').close()
    return true
  } catch {
    return false
  }
}
