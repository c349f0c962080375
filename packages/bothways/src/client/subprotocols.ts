import { checkSubprotocols } from '@bothways/protocol'
import { isIterable, isObject, toDomString, toSequence } from './webidl.ts'

/**
 * The constructor's `(DOMString or sequence<DOMString>) protocols`, converted and checked (WHATWG WebSockets §3.1).
 * Names that differ only in the case of their letters are the same twice.
 *
 * @throws DOMException `SyntaxError` when one is not a token or stands twice
 */
export function offeredSubprotocols(protocols: unknown): string[] {
  const subprotocols = isIterable(protocols)
    ? toSequence(protocols, toDomString)
    : protocols === undefined
      ? []
      : [toDomString(protocols)]
  try {
    checkSubprotocols(subprotocols)
    checkSubprotocols(subprotocols.map(subprotocol => subprotocol.toLowerCase()))
  } catch (cause) {
    // Node's own class takes its options there.
    const hint = isObject(protocols) && !isIterable(protocols) ? ' Options are the third argument.' : ''
    throw new DOMException((cause as Error).message + hint, { name: 'SyntaxError', cause })
  }
  return subprotocols
}
