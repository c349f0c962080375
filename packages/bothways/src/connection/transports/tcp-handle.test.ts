import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { streamBinding } from './tcp-handle.ts'

const program = `
  import { streamBinding } from ${JSON.stringify(join(import.meta.dirname, '../../../dist/connection/transports/tcp-handle.js'))}
  console.log(streamBinding !== undefined, 'noDeprecation' in process)
`

describe('The handle binding is found without a word on deprecated calls', () => {
  test.each([
    { name: 'no flag', args: [], env: {}, isSet: false },
    { name: '--pending-deprecation', args: ['--pending-deprecation'], env: {}, isSet: false },
    { name: 'the variable', args: [], env: { NODE_PENDING_DEPRECATION: '1' }, isSet: false },
    {
      name: 'NODE_OPTIONS that make it throw',
      args: [],
      env: { NODE_OPTIONS: '--pending-deprecation --throw-deprecation' },
      isSet: false,
    },
    { name: '--no-deprecation', args: ['--no-deprecation'], env: {}, isSet: true },
  ])('$name', ({ args, env, isSet }) => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...args, '--input-type=module', '-e', program],
      { encoding: 'utf8', env: { ...process.env, ...env } },
    )
    expect({ stdout, stderr, status }).toEqual({
      stdout: `${streamBinding !== undefined} ${isSet}\n`,
      stderr: '',
      status: 0,
    })
  })

  test('Where the permission model forbids it, there is none, and nothing is said', () => {
    const [major = 0] = process.versions.node.split('.').map(Number)
    const flag = major < 24 ? '--experimental-permission' : '--permission'
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [flag, '--allow-fs-read=*', '--input-type=module', '-e', program],
      { encoding: 'utf8' },
    )
    expect(stdout).toBe('false false\n')
    expect(stderr.replaceAll(/^.*(?:ExperimentalWarning|--trace-warnings).*\n/gm, '')).toBe('')
  })
})
