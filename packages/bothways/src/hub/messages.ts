import { Publication } from '../connection/sending/publication.ts'
import type { Member, StoredPublication } from './broker.ts'

// What the hub tells its subscribers, as the JSON texts of `bothways.v1`. Each is made once for all who get it.

export function publicationMessage({ topic, position, data, user, at }: StoredPublication): Publication {
  const place = position === undefined ? '' : `,"position":"${position}"`
  const by = user === undefined ? '' : `,"user":${JSON.stringify(user)}`
  return new Publication(
    `{"type":"publication","topic":${JSON.stringify(topic)}${place},"data":${data}${by},"at":${at}}`,
  )
}

export function stateMessage({ topic, position, data }: StoredPublication): Publication {
  return new Publication(
    `{"type":"state","topic":${JSON.stringify(topic)},"position":"${position}","data":${data}}`,
  )
}

/** The message of a publication as an object. */
export function messageObject(
  { topic, position, data, user, at }: StoredPublication,
  isState: boolean,
): object {
  if (isState) return { type: 'state', topic, position, data: JSON.parse(data) }
  return { type: 'publication', topic, position, data: JSON.parse(data), user, at }
}

export function joinedMessage(topic: string, member: Member): Publication {
  return message({ type: 'joined', topic, member })
}

export function leftMessage(topic: string, client: string): Publication {
  return message({ type: 'left', topic, client })
}

export function memberCountMessage(topic: string, count: number): Publication {
  return message({ type: 'members', topic, count })
}

export function gapMessage(topic: string, position: string | undefined): Publication {
  return message({ type: 'gap', topic, position })
}

export function unsubscribedMessage(topic: string, code: string): Publication {
  return message({ type: 'unsubscribed', topic, code })
}

function message(value: object): Publication {
  return new Publication(JSON.stringify(value))
}
