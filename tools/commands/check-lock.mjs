import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  isFor,
  manifestFolders,
  nativePackages,
  platforms,
  projectFolders,
  readJson,
} from '../lib/lock-file.mjs'
import { executeNpm, root } from '../lib/spawn.mjs'
import { run, Stop, say } from '../lib/terminal.mjs'

// `npm run check-lock`: has npm 11 and npm 10 install the lock files for each system that Bothways is
// developed on, in a copy without sources, and looks for that system's native files on the disk. With the name of a
// project behind `--` it tries that one's only.
const npmVersions = ['11.19.1', '10.9.9']

await run(async () => {
  let failures = 0
  const named = process.argv.slice(2)
  for (const project of named.length > 0 ? named : projectFolders(root)) {
    for (const npm of npmVersions) {
      for (const platform of platforms) {
        const name = [project || 'root', `npm ${npm}`, Object.values(platform).join(' ')].join('  ')
        const problems = await tryPlatform(project, npm, platform)
        if (problems.length > 0) failures += 1
        say(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name}`)
        for (const problem of problems) say(`     ${problem}`)
      }
    }
  }
  if (failures > 0) throw new Stop(`The lock files fail on ${failures} systems: run \`npm run relock\`.`)
})

async function tryPlatform(project, npm, { os, cpu, libc }) {
  const source = join(root, project)
  const lock = readJson(join(source, 'package-lock.json'))
  const copy = mkdtempSync(join(tmpdir(), 'bothways-lock-'))
  const folder = join(copy, project)
  try {
    for (const manifests of manifestFolders(source)) {
      mkdirSync(join(folder, manifests), { recursive: true })
      copyFileSync(join(source, manifests, 'package.json'), join(folder, manifests, 'package.json'))
    }
    copyFileSync(join(source, 'package-lock.json'), join(folder, 'package-lock.json'))
    copyFileSync(join(root, '.npmrc'), join(folder, '.npmrc'))
    const system = [`--os=${os}`, `--cpu=${cpu}`, ...(libc === undefined ? [] : [`--libc=${libc}`])]
    const flags = ['--ignore-scripts', '--include=dev', '--loglevel=error', ...system]
    const args = ['exec', '--yes', `--package=npm@${npm}`, '--', 'npm', 'ci', ...flags]
    const { code, output } = await executeNpm(args, { cwd: folder, capture: true })
    if (code !== 0) {
      // Behind the reasons npm prints its manual.
      const [reasons] = output.split(/npm error\s*\n?npm error Clean install a project|\nnpm error Usage:/)
      return [`npm ci ended with ${code}:`, ...reasons.trim().split('\n')]
    }
    return nativePackages(lock).flatMap(([path, locked]) => {
      const wanted = isFor(locked, { os, cpu, libc })
      const files = existsSync(join(folder, path)) ? readdirSync(join(folder, path)) : []
      if (wanted && files.length < 2) return [`${path} is missing`]
      if (!wanted && files.length > 0) return [`${path} is there, though it is for other systems`]
      return []
    })
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
