import { UsageError } from '@bothways/protocol'
import { kindOf } from '../../connection/option-checks.ts'
import { HubError } from '../hub-error.ts'
import type { MethodContract } from './contract.ts'
import { validated } from './schema.ts'

/** The user and the method of a request, for its handler, besides the input. */
export interface RequestContext<User> {
  readonly user: User
  readonly method: string
}

export type RequestHandler<User, Input = unknown, Output = unknown> = (
  input: Input,
  context: RequestContext<User>,
) => Output | Promise<Output>

export function handledTwice(method: string): UsageError {
  return new UsageError('BW_INVALID_ARGUMENT', `There is a handler of '${method}' already: a method has one.`)
}

/** A handler that sees nothing but what the schema made of its input, and whose output is what the schema made of that. */
export function checkedHandler<User>(
  { input, output }: MethodContract,
  handler: RequestHandler<User>,
): RequestHandler<User> {
  if (typeof handler !== 'function') {
    throw new UsageError(
      'BW_INVALID_ARGUMENT',
      `handle takes a method and a function, handle('length', ({ text }) => text.length), got ${kindOf(handler)}.`,
    )
  }
  return async (data, context) => {
    const answer = await handler(input === undefined ? data : await validated(input, data), context)
    if (output === undefined) return answer
    try {
      return await validated(output, answer)
    } catch (error) {
      // Not the client's fault: to it, it is `internal`.
      if (!(error instanceof HubError)) throw error
      throw new Error(
        `The handler of '${context.method}' returned what its contract does not have: ${error.message}`,
        { cause: error },
      )
    }
  }
}
