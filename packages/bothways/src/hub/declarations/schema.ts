import { HubError } from '../hub-error.ts'

/** A schema of any library of Standard Schema (https://standardschema.dev, version 1): zod, valibot, ArkType and others. */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): SchemaResult | Promise<SchemaResult>
    /** The types of its input and its output; for the compiler only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export function isSchema(value: unknown): value is Schema {
  const standard = (value as Partial<Schema> | null | undefined)?.['~standard']
  return standard?.version === 1 && typeof standard.validate === 'function'
}

/**
 * The output of a schema for a value; a promise only where the schema itself takes time.
 *
 * @throws HubError `invalid_data`, with what is wrong and where
 */
export function validated(schema: Schema, value: unknown): unknown {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then(valueIn) : valueIn(result)
}

/** How many issues are told. */
const mostIssues = 5

function valueIn(result: SchemaResult): unknown {
  if (result.issues === undefined) return result.value
  throw new HubError(
    'invalid_data',
    result.issues.slice(0, mostIssues).map(describe).join('; ').slice(0, 500),
  )
}

function describe({ message, path = [] }: SchemaIssue): string {
  const place = path.map(step => String(typeof step === 'object' ? step.key : step)).join('.')
  return place === '' ? message : `${place}: ${message}`
}
