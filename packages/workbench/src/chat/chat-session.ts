import type { Client, ClientError, Member, Topic } from '@bothways/client'
import { FrameSignal } from '../connection/frame-signal.ts'
import { serverUrl } from '../connection/server-url.ts'
import { type ChatEvent, noChat, reduceChat } from './chat-state.ts'
import { isSameName, visibleName } from './names.ts'
import { idOf, readMember, readMessage, type SaidData } from './room-data.ts'

/** Earlier messages that somebody who joins is shown. */
const wantedFirst = 50

/** Of messages that come faster, those of so long are drawn at once, in ms. */
const drawGapMs = 100

/** How long a look into a room may take before it is entered without, in ms. */
const lookMs = 3_000

/** The page's part in the conversation of one room, which is the topic `room/NAME`. */
export class ChatSession {
  readonly signal: FrameSignal = new FrameSignal(drawGapMs)
  /** What the others know this page by, whatever connection it has. */
  readonly ownId: string = crypto.getRandomValues(new Uint32Array(3)).join('-')
  state = noChat
  /** As it was asked for last. */
  name = ''
  readonly #client: Client
  #topic: Topic<SaidData> | undefined
  #entering: AbortController | undefined
  #saidCount = 0

  constructor(client: Client) {
    this.#client = client
  }

  /** Leaves the room one is in for another, unless somebody there has this name. */
  async join(roomName: string, ownName: string): Promise<void> {
    const [room, name] = [visibleName(roomName), visibleName(ownName)]
    if (room === '' || name === '') return this.#tell({ type: 'left', problem: 'empty' })
    this.#leave()
    this.name = name
    const entering = new AbortController()
    this.#entering = entering
    const { members, newestAt } = await lookInto(`room/${room}`, entering.signal)
    if (entering.signal.aborted) return
    const isTaken = members.map(readMember).some(it => it.id !== this.ownId && isSameName(it.name, name))
    if (isTaken) return this.#tell({ type: 'left', problem: 'name-taken' })
    this.#enter(room, name, newestAt)
  }

  say(text: string): void {
    const topic = this.#topic
    if (topic === undefined || this.state.room === undefined) return
    const id = `${this.ownId}.${++this.#saidCount}`
    this.#tell({ type: 'sending', message: { id, text } })
    topic.publish({ id, name: this.name, text }).then(
      () => this.#tell({ type: 'delivered', id }),
      ({ code }: ClientError) => {
        this.#tell({ type: 'not-delivered', id, isCertain: code !== 'outcome_unknown' })
      },
    )
  }

  leave(): void {
    this.#leave()
    this.#tell({ type: 'left' })
  }

  #enter(room: string, name: string, newestAt: number): void {
    const presence = { id: this.ownId, name }
    const topic = this.#client.topic(`room/${room}`, { last: wantedFirst, presence }) as Topic<SaidData>
    this.#topic = topic
    this.#take({ type: 'left' })
    topic.on('status', status => {
      if (status === 'subscribed') this.#tell({ type: 'subscribed', room })
      else if (status === 'idle') this.#tell({ type: 'disconnected' })
    })
    topic.on('publication', publication => {
      const isEarlier = publication.at <= newestAt
      this.#take({ type: 'message', message: readMessage(publication), id: idOf(publication), isEarlier })
    })
    topic.on('members', (members, count) => {
      this.#take({ type: 'members', members: members.map(readMember), count })
    })
    topic.on('gap', () => this.#take({ type: 'gap' }))
    topic.on('end', () => {
      this.#leave()
      this.#tell({ type: 'left', problem: 'refused' })
    })
  }

  #leave(): void {
    this.#entering?.abort()
    this.#topic?.close()
    this.#topic = undefined
  }

  /** Shown with the next frame: there may be very many. */
  #take(event: ChatEvent): void {
    this.state = reduceChat(this.state, event)
    this.signal.request()
  }

  /** Shown at once. */
  #tell(event: ChatEvent): void {
    this.state = reduceChat(this.state, event)
    this.signal.now()
  }
}

interface RoomBefore {
  readonly members: readonly Member[]
  /** When the newest message was said, by the server's clock; 0 for none. */
  readonly newestAt: number
}

/** The members of a room, and what was said there before. A server that does not answer has nobody to take a name from. */
async function lookInto(topic: string, aborted: AbortSignal): Promise<RoomBefore> {
  const signal = AbortSignal.any([aborted, AbortSignal.timeout(lookMs)])
  const ask = async <Answer>(path: string): Promise<Partial<Answer>> => {
    try {
      const response = await fetch(serverUrl(`bothways/${path}`), { signal, cache: 'no-store' })
      return response.ok ? ((await response.json()) as Answer) : {}
    } catch {
      return {}
    }
  }
  const query = new URLSearchParams({ topic })
  const [{ members = [] }, { messages = [] }] = await Promise.all([
    ask<{ members: readonly Member[] }>(`members?${query}`),
    ask<{ messages: readonly { at: number }[] }>(`history?${query}&last=1`),
  ])
  return { members, newestAt: messages[0]?.at ?? 0 }
}
