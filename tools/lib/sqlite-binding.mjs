import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { executeNpm, root } from './spawn.mjs'
import { say } from './terminal.mjs'

/**
 * Compiles the native part of better-sqlite3 where this Node.js has no SQLite of its own, which is before 22.13: npm runs
 * no install scripts here. Takes a minute of one core, once. Where it cannot be compiled everything else is built all the
 * same; `serve --broker sqlite:FILE` and the tests of that broker then say what is missing.
 */
export async function buildSqliteBinding() {
  if (process.getBuiltinModule?.('node:sqlite') !== undefined || loads()) return
  say('Compiling better-sqlite3, since this Node.js has no SQLite …')
  // The headers that came with this Node.js, where they did; else node-gyp downloads them.
  const prefix = dirname(dirname(process.execPath))
  const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node.h'))
  const env = {
    ...process.env,
    npm_config_ignore_scripts: 'false',
    // What is installed is what the lock file names, not a binary from elsewhere.
    npm_config_build_from_source: 'true',
    ...(hasHeaders && { npm_config_nodedir: prefix }),
    CFLAGS: '-O1 -w',
    CXXFLAGS: '-O1 -w',
  }
  const { code, output } = await executeNpm(['rebuild', 'better-sqlite3'], { capture: true, env })
  if (code === 0 && loads()) return
  say(output.trimEnd().split('\n').slice(-15).join('\n'))
  say(
    'better-sqlite3 does not compile (it needs python3, make and g++): topics in SQLite need Node.js 22.13 here.',
  )
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
