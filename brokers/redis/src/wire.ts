import type { History, Member, StoredPublication, Withdrawal } from 'bothways'
import { isDataText, readPosition, writePosition } from 'bothways/broker'

// The replies and the messages of the scripts, as the hub's types.

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
  const kind = message.slice(0, 2)
  const rest = message.slice(2)
  if (kind === 'l\n') return { type: 'left', client: rest }
  if (kind === 'j\n') {
    const member = readMember(rest)
    return member === undefined ? undefined : { type: 'joined', member }
  }
  if (kind !== 'p\n') return undefined
  const fields = rest.split('\n')
  const [epoch = '', number = '', check = '', previous = '', at = '', user = '', data = ''] = fields
  if (fields.length !== 7 || !/^-?\d+$/.test(number) || !/^\d+$/.test(at)) return undefined
  const publication = readPublication(topic, { epoch, number, check, previous, at, user, data })
  return publication === undefined ? undefined : { type: 'publication', publication }
}

type Entry = readonly [id: string, fields: readonly string[]]
export type HistoryReply = readonly [
  epoch: string,
  head: string,
  check: string,
  kind: 'since' | 'last' | 'lost',
  entries: readonly Entry[],
]

/** Behind an entry that clients could not read, others may have changed it, the history begins anew. */
export function readHistory(topic: string, reply: HistoryReply, since: string | undefined): History {
  const [epoch, headNumber, check, kind, entries] = reply
  const head = positionOf(epoch, headNumber, check) as string
  const read = entries.map(entry => readEntry(topic, epoch, entry))
  const publications = read.slice(read.lastIndexOf(undefined) + 1) as StoredPublication[]
  const isWhole = publications.length === read.length
  const first = publications[0]?.previous ?? head
  const isRecovered = kind === 'since' && isWhole
  return {
    publications,
    start: isRecovered ? (since as string) : first,
    head,
    recovered: kind === 'last' ? undefined : isRecovered,
    hasMore: publications.length > 0 && publications.at(-1)?.position !== head,
  }
}

function readEntry(topic: string, epoch: string, [id, fields]: Entry): StoredPublication | undefined {
  const [, check = '', , previous = '', , at = '', , user = '', , data = ''] = fields
  const number = id.slice(0, id.indexOf('-'))
  return readPublication(topic, { epoch, number, check, previous, at, user, data })
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

/** Undefined for what would not be read by clients: they get data and position as they are. */
function readPublication(topic: string, fields: Fields): StoredPublication | undefined {
  const { epoch, number, check, previous, at, user, data } = fields
  const position = positionOf(epoch, number, check)
  const isOurs = isDataText(data) && (position === undefined || readPosition(position) !== undefined)
  if (!isOurs || !(user === '' || (user.startsWith('"') && isDataText(user)))) return undefined
  return {
    topic,
    position,
    previous: positionOf(epoch, String(Number(number) - 1), previous),
    data,
    user: user === '' ? undefined : (JSON.parse(user) as string),
    at: Number(at),
  }
}

/** Members as they are stored, with the end of the lease and the time of the first join in front; the first first. */
export function readMembers(values: readonly string[]): readonly Member[] {
  return values
    .flatMap(value => {
      const [, since, text = ''] = /^\d+ (\d+) (.*)$/s.exec(value) ?? []
      const member = readMember(text)
      return member === undefined ? [] : [{ since: Number(since), member }]
    })
    .sort((one, other) => one.since - other.since)
    .map(({ member }) => member)
}

/** Undefined for what is none. */
function readMember(text: string): Member | undefined {
  if (!isDataText(text)) return undefined
  const member = JSON.parse(text) as Member | null
  return typeof member?.client === 'string' ? member : undefined
}

/** Undefined for what no broker has added. */
export function readWithdrawal(fields: readonly string[]): Withdrawal | undefined {
  const [, kind, , user] = fields
  const isOurs = (kind === 'disconnect' || kind === 'revoke') && user !== undefined
  return isOurs ? { kind, user } : undefined
}
