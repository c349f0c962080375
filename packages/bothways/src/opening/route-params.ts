type NameIn<Segment extends string> = Segment extends `:${infer Name}` ? Name : never

type NamesIn<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? NameIn<Segment> | NamesIn<Rest>
  : NameIn<Path>

/**
 * The parameters that a route's path has in its requests: of `/rooms/:id` they are `{ id: string }`. Of a path that is no
 * literal nothing is known.
 */
export type RouteParams<Path extends string = string> = string extends Path
  ? Readonly<Record<string, string | undefined>>
  : { readonly [Name in NamesIn<Path>]: string }

/** Those of a path without parameters. */
export const noParams: RouteParams = Object.freeze({})
