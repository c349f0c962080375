// The types that a contract `C` gives to topics and methods, for server and client.

/**
 * The type of a contract: topics by name or pattern, `{ data }` for each, and methods, `{ input, output }` for each; that of
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

/** The declaration of a name: its own, or that of the patterns that match it. */
type DeclaredFor<Topics, Name> = Name extends keyof Topics
  ? Topics[Name]
  : { [Pattern in keyof Topics]: Name extends NamesOf<Pattern> ? Topics[Pattern] : never }[keyof Topics]

/** The type itself, or that of a schema's input or output. */
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

/** The names and patterns that topics can be declared by. */
export type TopicPattern<C> = TopicsOf<C> extends undefined ? string : keyof TopicsOf<C> & string

export type TopicName<C> = TopicsOf<C> extends undefined ? string : NamesOf<keyof TopicsOf<C>>

/** The type of a topic's data: `input` to publish, `output` as they come. */
export type TopicData<C, Name, Direction extends 'input' | 'output'> =
  TopicsOf<C> extends undefined
    ? unknown
    : DeclaredFor<TopicsOf<C>, Name> extends { readonly data: infer Data }
      ? TypeOf<Data, Direction>
      : never

export type MethodName<C> = MethodsOf<C> extends undefined ? string : keyof MethodsOf<C> & string

/** The type that a handler gets: the output of the schema for inputs. */
export type HandlerInput<C, Name> = MethodType<C, Name, 'input', 'output'>

/** The type that a handler returns: the input of the schema for outputs. */
export type HandlerOutput<C, Name> = MethodType<C, Name, 'output', 'input'>

/** The type that a request sends: the input of the schema for inputs. */
export type MethodInput<C, Name> = MethodType<C, Name, 'input', 'input'>

/** The type of the answer to a request: the output of the schema for outputs. */
export type MethodOutput<C, Name> = MethodType<C, Name, 'output', 'output'>
