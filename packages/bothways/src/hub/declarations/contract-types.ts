// What a contract `C` says of topics and methods, as types, for server and client.

/**
 * What a contract's type may be: topics by name or pattern, `{ data }` for each, and methods, `{ input, output }` for each; that of
 * schemas, or types alone, which nothing checks. Interfaces have no index signature, so that more than `object` cannot be asked for.
 */
export interface TypeOfContract {
  readonly topics?: object | undefined
  readonly methods?: object | undefined
}

/** A Standard Schema, by the part that says its types. */
interface TypedSchema {
  readonly '~standard': { readonly types?: { readonly input: unknown; readonly output: unknown } | undefined }
}

// Nothing is known of any contract, which is `any`, as of none.
type Known<Part> = unknown extends Part ? undefined : Part
type TopicsOf<C> = C extends { readonly topics: infer Topics } ? Known<Topics> : undefined
type MethodsOf<C> = C extends { readonly methods: infer Methods } ? Known<Methods> : undefined

type SegmentOf<Text> = Text extends `:${string}` ? string : Text extends '*' ? string : Text

/** `room/:id` and `log/*` as the type of the names that they match. */
type NamesOf<Pattern> = Pattern extends `${infer Segment}/${infer Rest}`
  ? `${SegmentOf<Segment> & string}/${NamesOf<Rest>}`
  : SegmentOf<Pattern> & string

/** What is declared for a name: for itself, or by the patterns that match it. */
type DeclaredFor<Topics, Name> = Name extends keyof Topics
  ? Topics[Name]
  : { [Pattern in keyof Topics]: Name extends NamesOf<Pattern> ? Topics[Pattern] : never }[keyof Topics]

/** The type itself, or that of a schema: what it takes, or what it makes of that. */
type TypeOf<Part, Direction extends 'input' | 'output'> = Part extends TypedSchema
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

/** What a topic's data are: `input` to publish, `output` as they come. */
export type TopicData<C, Name, Direction extends 'input' | 'output'> =
  TopicsOf<C> extends undefined
    ? unknown
    : DeclaredFor<TopicsOf<C>, Name> extends { readonly data: infer Data }
      ? TypeOf<Data, Direction>
      : never

export type MethodName<C> = MethodsOf<C> extends undefined ? string : keyof MethodsOf<C> & string

/** What a handler gets: what the schema has made of what came. */
export type HandlerInput<C, Name> = MethodType<C, Name, 'input', 'output'>

/** What a handler returns: what the schema takes. */
export type HandlerOutput<C, Name> = MethodType<C, Name, 'output', 'input'>

/** What a request sends: what the schema takes. */
export type MethodInput<C, Name> = MethodType<C, Name, 'input', 'input'>

/** What comes back: what the schema has made of the answer. */
export type MethodOutput<C, Name> = MethodType<C, Name, 'output', 'output'>
