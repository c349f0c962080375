import { UsageError } from '../errors.ts'
import { isToken } from './token.ts'

/**
 * The subprotocol a server selects: the first of its own, best first, that the client offered. `undefined` when
 * they have none in common. Names are compared exactly (RFC 6455 §4.2.2).
 */
export function chooseSubprotocol(
  offered: readonly string[],
  supported: readonly string[],
): string | undefined {
  return supported.find(subprotocol => offered.includes(subprotocol))
}

/**
 * Checks the subprotocols that a client is about to offer (RFC 6455 §4.1; the WHATWG constructor's step).
 *
 * @throws UsageError `BW_INVALID_SUBPROTOCOL` when one is not a token or stands twice
 */
export function checkSubprotocols(subprotocols: readonly string[]): void {
  for (const subprotocol of subprotocols) checkSubprotocol(subprotocol)
  const duplicate = findDuplicate(subprotocols)
  if (duplicate === undefined) return
  throw new UsageError(
    'BW_INVALID_SUBPROTOCOL',
    `Each subprotocol may be offered once, got ${JSON.stringify(duplicate)} twice.`,
  )
}

/** @throws UsageError `BW_INVALID_SUBPROTOCOL` when `subprotocol` is not a token */
export function checkSubprotocol(subprotocol: string): void {
  if (isToken(subprotocol)) return
  throw new UsageError(
    'BW_INVALID_SUBPROTOCOL',
    `A subprotocol is a token of HTTP (no spaces, commas, slashes, quotes or non-ASCII characters), ` +
      `got ${JSON.stringify(subprotocol)}.`,
  )
}

/** The first text that stands in `list` a second time. */
export function findDuplicate(list: readonly string[]): string | undefined {
  if (list.length < 2) return undefined
  const seen = new Set<string>()
  return list.find(text => {
    if (seen.has(text)) return true
    seen.add(text)
    return false
  })
}
