/** A Standard Schema, by the part that says its types. */
interface Schema {
  readonly '~standard': { readonly types?: { readonly input: unknown; readonly output: unknown } | undefined }
}

/** What a server offers: the data of topics by name or pattern, and the input and output of methods. */
export interface Contract {
  readonly topics?: Readonly<Record<string, { readonly data: unknown }>>
  readonly methods?: Readonly<Record<string, { readonly input: unknown; readonly output: unknown }>>
}

/** The type itself, or that of a schema. */
type Typed<T> = T extends Schema ? NonNullable<T['~standard']['types']>['output'] : T

/** `room/:id` and `room/*` as the type of the names that they match. */
type NamesOf<Pattern> = Pattern extends `${infer Before}:${string}/${infer Rest}`
  ? `${Before}${string}/${NamesOf<Rest>}`
  : Pattern extends `${infer Before}:${string}`
    ? `${Before}${string}`
    : Pattern extends `${infer Before}*`
      ? `${Before}${string}`
      : Pattern

type TopicsOf<C extends Contract> = C extends { readonly topics: infer Topics } ? Topics : undefined
type MethodsOf<C extends Contract> = C extends { readonly methods: infer Methods } ? Methods : undefined

export type TopicName<C extends Contract> =
  TopicsOf<C> extends undefined ? string : NamesOf<keyof TopicsOf<C>> & string

export type TopicData<C extends Contract, Name> =
  TopicsOf<C> extends undefined
    ? unknown
    : {
        [Pattern in keyof TopicsOf<C>]: Name extends NamesOf<Pattern>
          ? TopicsOf<C>[Pattern] extends { readonly data: infer Data }
            ? Typed<Data>
            : unknown
          : never
      }[keyof TopicsOf<C>]

export type MethodName<C extends Contract> =
  MethodsOf<C> extends undefined ? string : keyof MethodsOf<C> & string

export type MethodInput<C extends Contract, Name> =
  MethodsOf<C> extends undefined
    ? unknown
    : Name extends keyof MethodsOf<C>
      ? MethodsOf<C>[Name] extends { readonly input: infer Input }
        ? Typed<Input>
        : unknown
      : never

export type MethodOutput<C extends Contract, Name> =
  MethodsOf<C> extends undefined
    ? unknown
    : Name extends keyof MethodsOf<C>
      ? MethodsOf<C>[Name] extends { readonly output: infer Output }
        ? Typed<Output>
        : unknown
      : never
