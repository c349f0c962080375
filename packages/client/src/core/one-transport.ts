import type { TransportChoice, TransportOpener } from './transport.ts'

/** No choice. */
export function onlyTransport(opener: TransportOpener): TransportChoice {
  return { next: () => opener, better: () => undefined, opened: () => {}, ended: () => false }
}
