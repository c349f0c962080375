/** Who wants to be told when what this turn of the event loop has sent is with the operating system. */
export interface TurnMember {
  onTurnEnd(): void
}

let members: TurnMember[] = []

/**
 * Tells `member` behind the writes of this turn, which connections make together at its end (`setImmediate`): one
 * immediate for all, and nothing that a connection would have to keep.
 */
export function atTurnEnd(member: TurnMember): void {
  if (members.push(member) === 1) setImmediate(tellAll)
}

function tellAll(): void {
  const told = members
  members = []
  for (const member of told) member.onTurnEnd()
}
