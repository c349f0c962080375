import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from './commands.ts'
import { completionScript, shells } from './completion.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothways-completion-'))
  writeFileSync(join(folder, 'bothways.bash'), completionScript('bash', commands, 'en'))
  writeFileSync(join(folder, 'my cert.pem'), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The completions that bash offers behind these words. */
function offered(...words: string[]): string[] {
  const script = [
    'source ./bothways.bash',
    'COMP_WORDS=("$@")',
    'COMP_CWORD=$(( $# - 1 ))',
    '_bothways',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ].join('\n')
  const text = execFileSync('bash', ['-c', script, 'bash', 'bothways', ...words], {
    cwd: folder,
    encoding: 'utf8',
  })
  return text.split('\n').filter(line => line !== '')
}

describe('bash', () => {
  test('completes commands, and what stands behind doctor', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['serve', 'echo', 'connect', 'listen', 'doctor']))
    expect(offered('co')).toEqual(['connect', 'completion'])
    expect(offered('doctor', 'e')).toEqual(['explain'])
    expect(offered('completion', 'z')).toEqual(['zsh'])
  })

  test('completes the options of each command, and no other', () => {
    for (const { name, options } of commands) {
      const names = Object.keys(options).map(option => `--${option}`)
      expect(offered(...name.split(' '), '--').toSorted()).toEqual(names.toSorted())
    }
  })

  test('completes values: files, the languages, and nothing where only the user knows', () => {
    expect(offered('connect', '--ca', 'my')).toEqual(['my cert.pem'])
    expect(offered('echo', '--lang', '')).toEqual(['en', 'zh'])
    expect(offered('echo', '--port', '')).toEqual([])
    expect(offered('connect', '-H', '')).toEqual([])
  })
})

test.each(shells)('The script for %s has every command and option', shell => {
  for (const language of ['en', 'zh'] as const) {
    const script = completionScript(shell, commands, language)
    const names = commands.flatMap(({ name, options }) => [...name.split(' '), ...Object.keys(options)])
    for (const name of names) expect(script).toContain(name)
    expect(script).not.toContain('undefined')
  }
})
