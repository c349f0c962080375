import type { RequestHandler } from './hub-options.ts'
import { type Schema, validated } from './schema.ts'

/** A handler that sees nothing but what the schema made of its input. */
export function checkedHandler<User>(schema: Schema, handler: RequestHandler<User>): RequestHandler<User> {
  return async (input, context) => await handler(await validated(schema, input), context)
}
