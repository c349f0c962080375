import type { History, Member, StoredPublication } from 'bothways'
import { isDataText, readPosition, writePosition } from 'bothways/broker'

// What the scripts answer and publish, as the hub's types.

/** Numbers in decimal, as Redis has them; -1: there is no history. */
export function positionOf(epoch: string, number: string, check: string): string | undefined {
  const offset = Number(number)
  return offset < 0 ? undefined : writePosition({ epoch, offset, check })
}

export type Carried =
  | { readonly type: 'publication'; readonly publication: StoredPublication }
  | { readonly type: 'joined'; readonly member: Member }
  | { readonly type: 'left'; readonly client: string }

/** A message of a topic's channel; undefined for what no script has published: others may publish there. */
export function readCarried(topic: string, message: string): Carried | undefined {
  try {
    return carriedIn(topic, message)
  } catch {
    return undefined
  }
}

/** @throws Error for JSON that is none */
function carriedIn(topic: string, message: string): Carried | undefined {
  const kind = message.slice(0, 2)
  const rest = message.slice(2)
  if (kind === 'l\n') return { type: 'left', client: rest }
  if (kind === 'j\n') {
    const member = JSON.parse(rest) as Member | null
    return typeof member?.client === 'string' ? { type: 'joined', member } : undefined
  }
  if (kind !== 'p\n') return undefined
  const fields = rest.split('\n')
  const [epoch = '', number = '', check = '', previous = '', at = '', user = '', data = ''] = fields
  const isOurs = fields.length === 7 && /^-?\d+$/.test(number) && /^\d+$/.test(at) && /^(".*")?$/s.test(user)
  if (!isOurs) return undefined
  const publication = publicationOf(topic, { epoch, number, check, previous, at, user, data })
  const { position } = publication
  // Both go to clients as they are.
  if (!isDataText(data) || (position !== undefined && readPosition(position) === undefined)) return undefined
  return { type: 'publication', publication }
}

type Entry = readonly [id: string, fields: readonly string[]]
export type HistoryReply = readonly [
  epoch: string,
  head: string,
  check: string,
  kind: 'since' | 'last' | 'lost',
  entries: readonly Entry[],
]

export function readHistory(topic: string, reply: HistoryReply, since: string | undefined): History {
  const [epoch, headNumber, check, kind, entries] = reply
  const head = positionOf(epoch, headNumber, check) as string
  const publications = entries.map(entry => readEntry(topic, epoch, entry))
  const first = publications[0]?.previous ?? head
  const recovered = kind === 'last' ? undefined : kind === 'since'
  return {
    publications,
    start: kind === 'since' ? (since as string) : first,
    head,
    recovered,
    hasMore: publications.length > 0 && publications.at(-1)?.position !== head,
  }
}

function readEntry(topic: string, epoch: string, [id, fields]: Entry): StoredPublication {
  const [, check = '', , previous = '', , at = '', , user = '', , data = ''] = fields
  const number = id.slice(0, id.indexOf('-'))
  return publicationOf(topic, { epoch, number, check, previous, at, user, data })
}

/** The texts that a publication is made of, in the stream and on its channel; `previous` is the check of the one before. */
interface Fields {
  readonly epoch: string
  readonly number: string
  readonly check: string
  readonly previous: string
  readonly at: string
  /** As JSON; empty: nobody. */
  readonly user: string
  readonly data: string
}

function publicationOf(topic: string, fields: Fields): StoredPublication {
  const { epoch, number, check, previous, at, user, data } = fields
  return {
    topic,
    position: positionOf(epoch, number, check),
    previous: positionOf(epoch, String(Number(number) - 1), previous),
    data,
    user: user === '' ? undefined : (JSON.parse(user) as string),
    at: Number(at),
  }
}

/** Members as they are stored, with the end of the lease and the time of the first join in front; the first first. */
export function readMembers(values: readonly string[]): readonly Member[] {
  return values
    .map(value => {
      const [, since = '', member = ''] = /^\d+ (\d+) (.*)$/s.exec(value) ?? []
      return { since: Number(since), member: JSON.parse(member) as Member }
    })
    .sort((one, other) => one.since - other.since)
    .map(({ member }) => member)
}
