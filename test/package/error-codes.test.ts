import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { limits, refusedAnswers, refusedRequests, usageCodes, violations } from '@bothways/protocol'
import { expect, test } from 'vitest'
import { openingCodes } from '../../packages/bothways/src/client/error-codes.ts'
import { connectionLimits, connectionUsageCodes } from '../../packages/bothways/src/connection/error-codes.ts'
import {
  admissionLimits,
  exchangeFailureCodes,
  refusalCodes,
} from '../../packages/bothways/src/opening/error-codes.ts'
import { serverUsageCodes, socketLimits } from '../../packages/bothways/src/server/error-codes.ts'
import { workerUsageCodes } from '../../packages/bothways/src/workers/error-codes.ts'

const root = join(import.meta.dirname, '../..')

const codesOf = (table: Record<string, { readonly code: string }>) =>
  Object.values(table).map(({ code }) => code)

/** Of each layer the codes in its tables. */
const layers: Readonly<Record<string, readonly string[]>> = {
  'packages/protocol/src': [
    ...Object.keys(violations),
    ...codesOf(limits),
    ...usageCodes,
    ...refusedRequests,
    ...refusedAnswers,
  ],
  'packages/bothways/src/connection': [
    ...codesOf(connectionLimits),
    ...connectionUsageCodes,
    // Each the only one of its class.
    'BW_CONNECTION_LOST',
    'BW_NOT_SENT',
  ],
  'packages/bothways/src/opening': [...codesOf(admissionLimits), ...exchangeFailureCodes, ...refusalCodes],
  'packages/bothways/src/server': [...codesOf(socketLimits), ...serverUsageCodes],
  'packages/bothways/src/client': openingCodes,
  'packages/bothways/src/workers': workerUsageCodes,
}

/** The codes that the sources below a folder name, but for its tables. */
function codesBelow(folder: string): Set<string> {
  const codes = new Set<string>()
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || /\.test(-d)?\.ts$|(^|\/)(errors|error-codes)\.ts$/.test(file)) continue
    for (const [code] of readFileSync(join(root, folder, file), 'utf8').matchAll(
      /\bBW_(?!DOCTOR_)[A-Z0-9_]+\b/g,
    ))
      codes.add(code)
  }
  return codes
}

const page = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')

/** The rows of the page's tables that begin with a code, cell by cell. */
const rows = page
  .split('\n')
  .filter(line => line.startsWith('| `BW_'))
  .map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )

const codeOf = (row: readonly string[]) => row[0]?.replaceAll('`', '') ?? ''

test('docs/reference/errors.md lists each error code once, and no other', () => {
  expect(rows.map(codeOf).sort()).toEqual([...new Set(Object.values(layers).flat())].sort())
})

test('The sources name no code that no table has', () => {
  const known = new Set(Object.values(layers).flat())
  const named = ['protocol', 'bothways', 'cli'].flatMap(name => [...codesBelow(`packages/${name}/src`)])
  expect(named.filter(code => !known.has(code))).toEqual([])
})

// A bound is named by its option, and what does not inflate is found where it is inflated.
const namedElsewhere = new Set([
  ...codesOf(limits),
  ...codesOf(connectionLimits),
  ...codesOf(admissionLimits),
  ...codesOf(socketLimits),
  'BW_INFLATE_FAILED',
])

test.each(Object.entries(layers))(
  'A code in the tables of %s is one that this layer uses',
  (folder, codes) => {
    const used = codesBelow(folder)
    expect(codes.filter(code => !used.has(code) && !namedElsewhere.has(code))).toEqual([])
  },
)

test('Each error code has a meaning and says what to do', () => {
  for (const [code, meaning, action] of rows) {
    expect(meaning, code).toMatch(/\.$/)
    expect(action, code).toMatch(/\.$/)
  }
})

test.each(Object.entries(violations))(
  'The page gives %s its section and close code',
  (code, { closeCode, section }) => {
    const row = rows.find(cells => codeOf(cells) === code)
    expect(row?.slice(3)).toEqual([section, String(closeCode)])
  },
)
