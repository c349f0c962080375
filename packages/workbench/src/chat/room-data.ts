import type { Member, Publication } from '@bothways/client'
import { longestText, visibleName } from './names.ts'

export interface ChatMember {
  /** Of a page, as long as it is open: connections come and go. */
  readonly id: string
  readonly name: string
}

export interface ChatMessage {
  /** The id of the writer, as in {@link ChatMember}; undefined for a message that comes from no page. */
  readonly from: string | undefined
  readonly name: string
  readonly text: string
  /** Milliseconds since 1970, by the server's clock. */
  readonly date: number
  readonly position: string | undefined
}

/** The data that a page publishes in a room. */
export interface SaidData {
  /** The page's id and a number. */
  readonly id: string
  readonly name: string
  readonly text: string
}

/** Anybody may be there with any data: of a program that shows none, the beginning of its id is its name. */
export function readMember({ client, data }: Member): ChatMember {
  const { id, name } = fieldsOf(data)
  return {
    id: typeof id === 'string' ? id : client,
    name: visibleName(typeof data === 'string' ? data : name) || client.slice(0, 8),
  }
}

/** Anybody may publish anything: data that are no message of a page are shown as the JSON that they are. */
export function readMessage({ data, at, position }: Publication): ChatMessage {
  const { id, name, text } = fieldsOf(data)
  const said = typeof text === 'string' ? text : typeof data === 'string' ? data : JSON.stringify(data)
  return {
    from: typeof id === 'string' ? id.replace(/\.\d+$/, '') : undefined,
    name: visibleName(name),
    text: said.length > 2 * longestText ? `${said.slice(0, 2 * longestText)} …` : said,
    date: at,
    position,
  }
}

export function idOf({ data }: Publication): unknown {
  return fieldsOf(data).id
}

function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>) : {}
}
