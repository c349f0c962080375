import { UsageError } from '@bothways/protocol'
import { checkOptionNames, invalidOption, kindOf, type OptionTable } from '../../connection/option-checks.ts'
import type { TypeOfContract } from './contract-types.ts'
import { isSchema, type Schema } from './schema.ts'

/**
 * The offer of a server, said once by schemas: the data of topics by name or pattern, and the input and output of methods. A method
 * without `input` or `output` takes or gives any JSON there. The client of topics takes its type: `createClient<typeof contract>`.
 */
export interface Contract {
  readonly topics?: Readonly<Record<string, { readonly data: Schema }>> | undefined
  readonly methods?: Readonly<Record<string, MethodContract>> | undefined
}

export interface MethodContract {
  readonly input?: Schema
  readonly output?: Schema
}

/** The type of a contract that says something: a user's type is none. */
export type TypesAlone = { readonly topics: object } | { readonly methods: object }

/** Each part of a contract that is given is a schema. */
export interface Schemas<C extends TypeOfContract> {
  readonly topics?:
    | { readonly [Pattern in keyof NonNullable<C['topics']>]: { readonly data: Schema } }
    | undefined
  readonly methods?: { readonly [Name in keyof NonNullable<C['methods']>]: MethodContract } | undefined
}

/** Nothing said: any JSON, under any name. */
export interface NoContract {
  readonly topics?: undefined
  readonly methods?: undefined
}

const parts = {
  topics: { data: true },
  methods: { input: true, output: true } satisfies OptionTable<MethodContract>,
} satisfies OptionTable<Contract>

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` for what is none */
export function checkContract(contract: Contract): void {
  checkOptionNames('contract', contract, parts)
  for (const kind of ['topics', 'methods'] as const) {
    for (const [name, schemas] of Object.entries<object>(contract[kind] ?? {})) {
      const what = `contract.${kind}[${JSON.stringify(name)}]`
      checkOptionNames<object>(what, schemas, parts[kind])
      for (const [part, schema] of Object.entries(schemas)) {
        if (!isSchema(schema))
          throw invalidOption(`${what}.${part}`, 'a schema with ~standard, version 1', schema)
      }
      if (kind === 'topics' && !('data' in schemas))
        throw invalidOption(`${what}.data`, 'a schema', undefined)
    }
  }
}

/**
 * The contract of a method; undefined where there is no contract for methods.
 *
 * @throws UsageError `BW_INVALID_ARGUMENT` for a method that the contract does not have
 */
export function methodContract({ methods }: Contract, method: string): MethodContract | undefined {
  if (methods === undefined) return undefined
  if (Object.hasOwn(methods, method)) return methods[method]
  const names = Object.keys(methods).join(', ')
  throw new UsageError(
    'BW_INVALID_ARGUMENT',
    `handle takes a method of the contract (${names}), got ${typeof method === 'string' ? `'${method}'` : kindOf(method)}.`,
  )
}
