/** A Standard Schema, by the part that says its types. */
interface Schema {
  readonly '~standard': { readonly types?: { readonly input: unknown; readonly output: unknown } | undefined }
}

/**
 * What a server offers: topics by name or pattern, `{ data }` for each, and methods, `{ input, output }` for each; as types,
 * interfaces among them (which have no index signature, so that more than `object` cannot be asked for), or as the schemas that the
 * server has as its contract. What does not say its data takes none.
 */
export interface Contract {
  readonly topics?: object | undefined
  readonly methods?: object | undefined
}

type TopicsOf<C> = C extends { readonly topics: infer Topics } ? Topics : undefined
type MethodsOf<C> = C extends { readonly methods: infer Methods } ? Methods : undefined

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
type TypeOf<Part, Direction extends 'input' | 'output'> = Part extends Schema
  ? NonNullable<Part['~standard']['types']>[Direction]
  : Part

type MethodType<C, Name, Part extends 'input' | 'output'> =
  MethodsOf<C> extends undefined
    ? unknown
    : Name extends keyof MethodsOf<C>
      ? MethodsOf<C>[Name] extends { readonly [P in Part]: infer Type }
        ? TypeOf<Type, Part>
        : unknown
      : never

export type TopicName<C> = TopicsOf<C> extends undefined ? string : NamesOf<keyof TopicsOf<C>>

/** What a topic's data are: `input` to publish, `output` as they come. */
export type TopicData<C, Name, Direction extends 'input' | 'output'> =
  TopicsOf<C> extends undefined
    ? unknown
    : DeclaredFor<TopicsOf<C>, Name> extends { readonly data: infer Data }
      ? TypeOf<Data, Direction>
      : never

export type MethodName<C> = MethodsOf<C> extends undefined ? string : keyof MethodsOf<C> & string

/** What a request sends: what the schema takes. */
export type MethodInput<C, Name> = MethodType<C, Name, 'input'>

/** What comes back: what the schema has made of the answer. */
export type MethodOutput<C, Name> = MethodType<C, Name, 'output'>
