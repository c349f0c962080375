import { badPackets } from './bad-packets.ts'
import type { Cases } from './case.ts'
import { endings } from './endings.ts'
import { events } from './events.ts'
import { namespaces } from './namespaces.ts'
import { protocol3 } from './protocol-3.ts'
import { recovery } from './recovery.ts'
import { roomCases } from './rooms.ts'

/** All cases, each by the behaviour that it shows. */
export const cases: Cases = {
  ...namespaces,
  ...events,
  ...roomCases,
  ...endings,
  ...badPackets,
  ...protocol3,
  ...recovery,
}
