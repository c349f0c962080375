import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const tsc = join(root, 'node_modules/typescript/bin/tsc')

/** The files of this repository that `tsc -p project` reads, as paths with `/`. */
function checkedBy(project: string): string[] {
  const args = [tsc, '-p', project, '--listFilesOnly']
  const lines = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).split('\n')
  return lines.map(line => relative(root, line.trim()).split(sep).join('/'))
}

function typeScriptFiles(folder: string): string[] {
  const skip = /(^|[\\/])(node_modules|dist|page)([\\/]|$)/
  return (
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(path => !skip.test(path) && /\.(ts|tsx|mts)$/.test(path))
      .map(path => `${folder}/${path.split(sep).join('/')}`)
      // Programs of users, which other tests compile as their resolvers and compilers would.
      .filter(path => !/^test\/(dependents\/types|package\/programs)\//.test(path))
  )
}

// A tsconfig that has only references says nothing about tests, and says so silently.
test('The type check of `npm test` reads every TypeScript file, tests and type tests included', () => {
  const checked = new Set([
    ...checkedBy('tsconfig.test.json'),
    ...checkedBy('packages/workbench'),
    ...checkedBy('examples/react-chat'),
  ])
  const all = ['packages', 'drop-ins', 'brokers', 'test', 'examples', 'tools']
    .filter(folder => existsSync(join(root, folder)))
    .flatMap(typeScriptFiles)
  expect(all.filter(path => !checked.has(path))).toEqual([])
  expect(all.some(path => path.endsWith('.test-d.ts'))).toBe(true)
})
