import { UsageError } from '@bothways/protocol'
import { kindOf } from '../connection/option-checks.ts'

/**
 * Hubs are known by what they can do: there may be two copies of this package.
 *
 * @throws UsageError `BW_INVALID_ARGUMENT` for what is no hub
 */
export function checkHub(call: string, hub: unknown): void {
  if (typeof (hub as { declare?: unknown } | null | undefined)?.declare === 'function') return
  throw new UsageError(
    'BW_INVALID_ARGUMENT',
    `${call} takes a hub, ${call}(createHub({ topics })), got ${kindOf(hub)}.`,
  )
}
