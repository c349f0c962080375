import { Publication } from '../../connection/sending/publication.ts'
import type { Member, StoredPublication } from '../broker/broker.ts'
import { publicUser } from '../publishing/author.ts'

// The messages of the hub to its subscribers, as the JSON texts of `bothways.v1`. Each is made once for all who get it.

/** A publication, or the value of a state topic, as the text of its message. */
export function publicationText(
  { topic, position, data, user: author, at }: StoredPublication,
  isState: boolean,
): string {
  const place = position === undefined ? '' : `,"position":"${position}"`
  if (isState) return `{"type":"state","topic":${JSON.stringify(topic)}${place},"data":${data}}`
  const user = publicUser(author)
  const by = user === undefined ? '' : `,"user":${JSON.stringify(user)}`
  return `{"type":"publication","topic":${JSON.stringify(topic)}${place},"data":${data}${by},"at":${at}}`
}

/** The message of a publication; the publication itself is there for those who take it otherwise. */
export class PublicationMessage extends Publication {
  readonly publication: StoredPublication

  constructor(publication: StoredPublication, isState: boolean) {
    super(publicationText(publication, isState))
    this.publication = publication
  }
}

export function joinedMessage(topic: string, member: Member): Publication {
  return message({ type: 'joined', topic, member })
}

export function leftMessage(topic: string, client: string): Publication {
  return message({ type: 'left', topic, client })
}

/** Replaces all that is known of presence. */
export function membersMessage(topic: string, members: readonly Member[]): Publication {
  return message({ type: 'members', topic, members })
}

export function memberCountMessage(topic: string, count: number): Publication {
  return message({ type: 'members', topic, count })
}

/** Publications were lost for a subscriber, which goes on behind a position. */
export class GapMessage extends Publication {
  readonly position: string | undefined

  constructor(topic: string, position: string | undefined) {
    super(JSON.stringify({ type: 'gap', topic, position }))
    this.position = position
  }
}

export function unsubscribedMessage(topic: string, code: string): Publication {
  return message({ type: 'unsubscribed', topic, code })
}

function message(value: object): Publication {
  return new Publication(JSON.stringify(value))
}
