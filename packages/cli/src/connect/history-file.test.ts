import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { HistoryFile, historyLineCount, historyPath } from './history-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'bothways-history-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('A later session knows what was typed in an earlier one', () => {
  const path = join(folder, 'history')
  const first = new HistoryFile(path)
  expect(first.lines).toEqual([])
  for (const line of ['one', 'one', '', '  ', 'two', 'one']) first.add(line)
  expect(new HistoryFile(path).lines).toEqual(['one', 'two', 'one'])
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('The file does not grow without end', () => {
  const path = join(folder, 'long')
  const lines = Array.from({ length: 2 * historyLineCount + 1 }, (_, at) => `line ${at}`)
  writeFileSync(path, `${lines.join('\n')}\n`)
  expect(new HistoryFile(path).lines).toEqual(lines.slice(-historyLineCount))
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(historyLineCount + 1)
})

test('A file that cannot be used, or none, is no failure', () => {
  for (const path of [join(folder, 'missing', 'history'), folder, undefined]) {
    const history = new HistoryFile(path)
    history.add('line')
    expect(history.lines).toEqual([])
  }
})

test('BOTHWAYS_HISTORY names the file; empty, there is none', () => {
  expect(historyPath({ BOTHWAYS_HISTORY: '/x' })).toBe('/x')
  expect(historyPath({ BOTHWAYS_HISTORY: '' })).toBeUndefined()
  expect(historyPath({})).toMatch(/\.bothways_history$/)
})
