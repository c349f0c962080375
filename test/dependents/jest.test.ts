import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

// Jest loads CommonJS without Node.js, so it cannot `require` ES modules: it takes what the condition `require` names.

const folder = import.meta.dirname

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
  }[]
}

test.each([
  ['the originals', 'yes'],
  ['ours', ''],
])('In Jest, programs require, import and mock %s', async (_, original) => {
  const outside = await mkdtemp(join(tmpdir(), 'bothways-jest-'))
  onTestFinished(() => rm(outside, { recursive: true, force: true }))
  const results = join(outside, 'results.json')
  const flags = ['--ci', '--runInBand', '--config', 'jest/jest.config.cjs', '--cacheDirectory', outside]
  const child = spawn(
    process.execPath,
    [
      // For the test that is an ES module.
      '--experimental-vm-modules',
      'node_modules/jest/bin/jest.js',
      ...flags,
      '--json',
      `--outputFile=${results}`,
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, NODE_ENV: undefined, ORIGINAL: original },
    },
  )
  onTestFinished(() => void child.kill())
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  expect(code, Buffer.concat(errors).toString()).toBe(0)
  const { testResults } = JSON.parse(await readFile(results, 'utf8')) as Report
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  expect(tests.map(({ status, title }) => `${status}: ${title}`).sort()).toEqual([
    'passed: Behind the mock, ws is still there',
    'passed: nodejs-websocket echoes',
    'passed: nodejs-websocket is what this run is about',
    'passed: websocket echoes, to its client and to its W3C client, and its classes are one each',
    'passed: websocket is what this run is about',
    'passed: ws can be mocked as a whole',
    'passed: ws echoes as an ES module',
    'passed: ws echoes while the clock stands still',
    'passed: ws echoes, and its classes are the same in two files',
    'passed: ws is what this run is about',
  ])
})
