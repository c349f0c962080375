import type { StoredPublication } from '../broker/broker.ts'
import { publicUser, senderOf } from '../publishing/author.ts'

/** A publication as a program gets it. */
export interface TopicPublication<Data = unknown> {
  readonly data: Data
  readonly position: string | undefined
  readonly user: string | undefined
  /** The ids of clients that have it already, of what came from a meeting. */
  readonly sender: string | undefined
  readonly at: number
  /** Publications before it were lost for this reader; always false in what a history gives. */
  readonly isAfterGap: boolean
}

export function topicPublication<Data>(
  { data, position, user, at }: StoredPublication,
  isAfterGap: boolean,
): TopicPublication<Data> {
  return { data: JSON.parse(data), position, user: publicUser(user), sender: senderOf(user), at, isAfterGap }
}
