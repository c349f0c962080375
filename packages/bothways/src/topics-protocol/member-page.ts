import { Buffer } from 'node:buffer'
import type { Member } from '../hub/broker/broker.ts'

const maxMembers = 1_000
const maxBytes = 256 * 1024

/** Some members of a topic, as JSON. */
export interface MemberPage {
  readonly texts: readonly string[]
  /** There are more behind this client. */
  readonly next: string | undefined
}

/** As many members behind `after` as an answer may have, in the order of their clients: a member that comes or goes moves no other. */
export function memberPage(members: readonly Member[], after: string): MemberPage {
  const sorted = members
    .filter(({ client }) => client > after)
    .sort((one, other) => (one.client < other.client ? -1 : 1))
  const texts: string[] = []
  let bytes = 0
  for (const [at, member] of sorted.entries()) {
    const text = JSON.stringify(member)
    bytes += Buffer.byteLength(text) + 1
    if (at >= maxMembers || (at > 0 && bytes > maxBytes)) return { texts, next: sorted[at - 1]?.client }
    texts.push(text)
  }
  return { texts, next: undefined }
}
