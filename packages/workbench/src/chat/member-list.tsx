import { memo, type ReactNode } from 'react'
import { useTexts } from '../app/app-context.ts'
import { skeletonOf } from './look-alike.ts'
import type { ChatMember } from './room-data.ts'

export interface MemberListProps {
  /** Empty in a crowd. */
  readonly members: readonly ChatMember[]
  readonly count: number
  readonly ownId: string
  /** Whether this connection is told of the members. */
  readonly isKnown: boolean
}

export const MemberList = memo(function MemberList(props: MemberListProps): ReactNode {
  const { members, count, ownId, isKnown } = props
  const texts = useTexts().chat
  const lookAlikes = countBySkeleton(members)
  const title = isKnown ? texts.here(count) : texts.whoIsUnknown
  return (
    <aside className="panel chat-members" aria-label={title}>
      <h2 className="panel-title">{title}</h2>
      <ul>
        {members.map(({ id, name }) => (
          <li key={id} data-member={name}>
            <span className="dot dot-open" />
            <bdi>{name}</bdi>
            {(lookAlikes.get(skeletonOf(name)) ?? 0) > 1 && (
              <span className="muted number" title={texts.looksAlike}>
                {` ${id.slice(0, 4)}`}
              </span>
            )}
            {id === ownId && <span className="muted">({texts.you})</span>}
          </li>
        ))}
      </ul>
    </aside>
  )
})

/** Two that come in the same moment may have one name: then each is shown with the beginning of its id. */
function countBySkeleton(members: readonly ChatMember[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { name } of members) {
    const skeleton = skeletonOf(name)
    counts.set(skeleton, (counts.get(skeleton) ?? 0) + 1)
  }
  return counts
}
