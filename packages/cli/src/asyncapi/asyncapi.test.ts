import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import type { Contract } from 'bothways'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { contract as byArkType } from '../../../../test/contract/with-arktype.ts'
import { contract as byValibot } from '../../../../test/contract/with-valibot.ts'
import { contract as byZod } from '../../../../test/contract/with-zod.ts'
import { main } from '../main.ts'
import { asyncApi } from './document.ts'

const require = createRequire(import.meta.url)
const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false })
const isAsyncApi = ajv.compile(require('@asyncapi/specs/schemas/3.0.0-without-$id.json'))

interface Document {
  readonly channels: Record<string, { address: string | null; parameters?: object }>
  readonly components: { readonly schemas: Record<string, { properties: Record<string, object> }> }
}

function documentOf(contract: Contract) {
  const unsaid: string[] = []
  const document = asyncApi(contract, { title: 'chat', version: '1.2.3' }, 'en', what => unsaid.push(what))
  expect(isAsyncApi(document), JSON.stringify(isAsyncApi.errors?.slice(0, 3))).toBe(true)
  // Everything that it refers to is there.
  JSON.stringify(document, (name, value) => {
    if (name !== '$ref') return value
    const steps = String(value).slice(2).split('/')
    const found = steps.reduce<unknown>(
      (place, step) => (place as Record<string, unknown> | undefined)?.[step],
      document,
    )
    expect(found, value).toBeDefined()
    return value
  })
  return { document: document as unknown as Document, unsaid }
}

test.each([
  { library: 'zod', contract: byZod, silent: [] },
  // Only where `toStandardJsonSchema` has made them able to.
  {
    library: 'valibot',
    contract: byValibot,
    silent: ['room/:id', 'room/:id', 'room/lobby', 'room/lobby', 'length', 'now'],
  },
  { library: 'ArkType', contract: byArkType, silent: [] },
])('A contract of $library is a valid AsyncAPI 3 document', ({ contract, silent }) => {
  const { document, unsaid } = documentOf(contract)
  expect(Object.entries(document.channels).map(([id, { address }]) => [id, address])).toEqual([
    ['room_id', 'room/{id}'],
    ['room_lobby', 'room/lobby'],
    ['load', 'load'],
    ['method_length', null],
    ['method_now', null],
  ])
  expect(document.channels.room_id?.parameters).toEqual({ id: {} })
  expect(document.components.schemas.load_publish).toMatchObject({
    type: 'object',
    properties: { cpu: { type: 'number' } },
    required: ['cpu'],
  })
  expect(unsaid).toEqual(silent)
})

test('What is published is what the schema takes, what comes is what it has made of that', () => {
  const { document } = documentOf(byZod)
  const { room_id_publish, room_id_publication } = document.components.schemas
  expect(room_id_publish).toMatchObject({ required: ['text'] })
  expect(room_id_publication).toMatchObject({ required: ['text', 'at'] })
})

test('Schemas that refer to themselves, names of any kind, and what JSON Schema cannot say are no obstacle', () => {
  interface Tree {
    children: Tree[]
  }
  const Tree: z.ZodType<Tree> = z.object({
    get children() {
      return z.array(Tree)
    },
  })
  const { document, unsaid } = documentOf({
    topics: {
      'tree/*': { data: Tree },
      '房间/:id/*': { data: z.string() },
      'a-b': { data: z.string() },
      'a/b': { data: z.string() },
      'a b': { data: z.date() },
    },
    methods: { 'a.b': {}, load: { output: Tree } },
  })
  expect(Object.entries(document.channels).map(([id, { address }]) => [id, address])).toEqual([
    ['tree', 'tree/{rest}'],
    ['id', '房间/{id}/{rest}'],
    ['a-b', 'a-b'],
    ['a_b', 'a/b'],
    ['a_b_2', 'a b'],
    ['method_a_b', null],
    ['method_load', null],
  ])
  expect(unsaid).toEqual(['a b', 'a b'])
})

const folder = mkdtempSync(join(tmpdir(), 'bothways-asyncapi-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

async function run(source: string, ...more: readonly string[]) {
  const file = join(folder, `${Math.random()}.mjs`)
  writeFileSync(file, source)
  let printed = ''
  const errors: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text
    return true
  })
  vi.spyOn(console, 'error').mockImplementation(text => errors.push(text))
  const code = await main(['asyncapi', file, ...more])
  return { code, printed, errors: errors.join('\n') }
}

const schema = "{ '~standard': { version: 1, vendor: 'own', validate: value => ({ value }) } }"

test('The command prints the contract of a file, with name and version of its package', async () => {
  writeFileSync(join(folder, 'package.json'), '{"name":"chat","version":"1.2.3"}')
  for (const source of [
    `export const contract = { topics: { room: { data: ${schema} } } }`,
    `export default { topics: { room: { data: ${schema} } } }`,
  ]) {
    const { code, printed, errors } = await run(source)
    expect(code).toBe(0)
    expect(isAsyncApi(JSON.parse(printed))).toBe(true)
    expect(JSON.parse(printed)).toMatchObject({
      asyncapi: '3.0.0',
      info: { title: 'chat', version: '1.2.3' },
    })
    expect(errors).toMatch(/room: its schema \(own\) says no JSON Schema/)
  }
  const { printed, errors } = await run(
    `export const contract = { topics: { room: { data: ${schema} } } }`,
    '--lang',
    'zh',
  )
  expect(JSON.parse(printed).info.description).toMatch(/主题是通道/)
  expect(errors).toMatch(/room：它的模式（own）/)
})

test.each([
  { why: 'cannot be loaded', source: 'syntax error', code: 1, message: /cannot be loaded: / },
  {
    why: 'exports no contract',
    source: 'export const offer = {}',
    code: 1,
    message: /exports no contract: as 'contract'/,
  },
  {
    why: 'has no schemas',
    source: 'export default { topics: { room: { data: 1 } } }',
    code: 2,
    message: /contract\.topics\["room"\]\.data must be a schema/,
  },
])('A file that $why is told so', async ({ source, code, message }) => {
  const ended = await run(source)
  expect(ended.code).toBe(code)
  expect(ended.errors).toMatch(message)
})

test('Without a file, or with two, it says what it takes', async () => {
  const errors: string[] = []
  vi.spyOn(console, 'error').mockImplementation(text => errors.push(text))
  expect(await main(['asyncapi'])).toBe(2)
  expect(await main(['asyncapi', 'a.js', 'b.js', '--lang', 'zh'])).toBe(2)
  expect(errors.join('\n')).toMatch(/takes one file.*got ''.*需要一个文件.*a\.js b\.js/s)
})
