import { UsageError } from '@bothways/protocol'
import { checkOptionNames, invalidOption, kindOf } from '../connection/option-checks.ts'
import { isSchema, type Schema } from './schema.ts'

/**
 * What a server offers, said once by schemas: the data of topics by name or pattern, and the input and output of methods. A method
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

/**
 * What a contract's type may be: that of schemas, or types alone, which nothing checks. Interfaces have no index signature, so that
 * more than `object` cannot be asked for.
 */
export interface TypeOfContract {
  readonly topics?: object | undefined
  readonly methods?: object | undefined
}

/** The type of a contract that says something: a user's type is none. */
export type TypesAlone = { readonly topics: object } | { readonly methods: object }

/** Of a contract that is given, each part is a schema. */
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

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` for what is none */
export function checkContract(contract: Contract): void {
  checkOptionNames('contract', contract, ['topics', 'methods'])
  for (const [kind, known] of [
    ['topics', ['data']],
    ['methods', ['input', 'output']],
  ] as const) {
    for (const [name, schemas] of Object.entries<object>(contract[kind] ?? {})) {
      const what = `contract.${kind}[${JSON.stringify(name)}]`
      checkOptionNames(what, schemas, known)
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

// What follows says the same as the types of @bothways/client, which has no dependency; a test compares them.

/** Of any contract nothing is known, as of none. */
type IsAny<C> = 0 extends 1 & C ? true : false

type TopicsOf<C> =
  IsAny<C> extends true ? undefined : C extends { readonly topics: infer Topics } ? Topics : undefined
type MethodsOf<C> =
  IsAny<C> extends true ? undefined : C extends { readonly methods: infer Methods } ? Methods : undefined

type SegmentOf<Text> = Text extends `:${string}` ? string : Text extends '*' ? string : Text

/** `room/:id` and `log/*` as the type of the names that they match. */
type NamesOf<Pattern> = Pattern extends `${infer Segment}/${infer Rest}`
  ? `${SegmentOf<Segment> & string}/${NamesOf<Rest>}`
  : SegmentOf<Pattern> & string

/** What is declared for a name: for itself, or by the patterns that match it. */
type DeclaredFor<Topics, Name> = Name extends keyof Topics
  ? Topics[Name]
  : { [Pattern in keyof Topics]: Name extends NamesOf<Pattern> ? Topics[Pattern] : never }[keyof Topics]

type TypeOf<Part, Direction extends 'input' | 'output'> = Part extends Schema
  ? NonNullable<Part['~standard']['types']>[Direction]
  : Part

type MethodType<C, Name, Part extends 'input' | 'output', Direction extends 'input' | 'output'> =
  MethodsOf<C> extends undefined
    ? unknown
    : Name extends keyof MethodsOf<C>
      ? MethodsOf<C>[Name] extends { readonly [P in Part]: infer Type }
        ? TypeOf<Type, Direction>
        : unknown
      : never

/** What a topic can be declared as. */
export type TopicPattern<C> = TopicsOf<C> extends undefined ? string : keyof TopicsOf<C> & string

export type TopicName<C> = TopicsOf<C> extends undefined ? string : NamesOf<keyof TopicsOf<C>>

/** What a topic's data are: `input` to publish, `output` for who gets them. */
export type TopicData<C, Name, Direction extends 'input' | 'output'> =
  TopicsOf<C> extends undefined
    ? unknown
    : DeclaredFor<TopicsOf<C>, Name> extends { readonly data: infer Data }
      ? TypeOf<Data, Direction>
      : unknown

export type MethodName<C> = MethodsOf<C> extends undefined ? string : keyof MethodsOf<C> & string

/** What a handler gets: what the schema has made of what came. */
export type HandlerInput<C, Name> = MethodType<C, Name, 'input', 'output'>

/** What a handler returns: what the schema takes. */
export type HandlerOutput<C, Name> = MethodType<C, Name, 'output', 'input'>
