import { closeHandshake, fragmentation, pings } from './control-frames.ts'
import { framing, lengthEncodings, opcodes, reservedBits } from './framing.ts'
import { longMessages, messageLimits } from './limits.ts'
import type { Row } from './row.ts'
import { text } from './utf8.ts'

/** All rows, by what they are about. */
export const tables: Readonly<Record<string, readonly Row[]>> = {
  framing,
  lengthEncodings,
  pings,
  reservedBits,
  opcodes,
  fragmentation,
  text,
  closeHandshake,
  longMessages,
  messageLimits,
}
