import { readFile } from 'node:fs/promises'
import { CloseCode, isSendableCloseCode, maxCloseReasonBytes } from 'bothways'
import { expect, test } from 'vitest'
import { describeDisconnect } from '../../packages/bothways/src/connection/disconnect.ts'

const text = await readFile(new URL('../../docs/reference/close-codes.md', import.meta.url), 'utf8')
const rows = [...text.matchAll(/^\| (\d{4})(?:–\d{4})? \|(.*)\|$/gm)].map(([, code, cells = '']) => {
  const [name, isSendable, retry] = cells.split('|').map(cell => cell.trim().replaceAll('`', ''))
  return { code: Number(code), name, isSendable, retry }
})

test('The page has every code from 1000 to 1015, and the two ranges', () => {
  const standard = Array.from({ length: 16 }, (_, at) => 1000 + at)
  expect(rows.map(({ code }) => code)).toEqual([...standard, 3000, 4000])
  expect(text).toContain(`at most ${maxCloseReasonBytes} bytes`)
})

test('What it says of each is what the code does', () => {
  const nameOf = new Map<number, string>(Object.entries(CloseCode).map(([name, code]) => [code, name]))
  for (const row of rows) {
    const { code } = row
    const received = { code, reason: '' }
    // 1006 is the absence of a close frame.
    const end = { by: 'peer', error: undefined, sent: undefined } as const
    const disconnect = describeDisconnect({ ...end, received: code === 1006 ? undefined : received })
    expect(disconnect.code).toBe(code)
    expect(row).toEqual({
      code,
      name: nameOf.get(code) ?? '',
      isSendable: isSendableCloseCode(code) ? 'yes' : 'no',
      retry: disconnect.retry,
    })
  }
})
