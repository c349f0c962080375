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
  /** The id by which the others know this page, whatever connection it has. */
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
    const before = this.#client.topic(`room/${room}`)
    await isSubscribed(before, entering.signal)
    const { position } = before
    const { transport } = this.#client.connection
    // Polls say nothing of members.
    const members = transport === 'long-poll' ? await membersOf(room, entering.signal) : before.members
    before.close()
    if (entering.signal.aborted) return
    const isTaken = members.map(readMember).some(it => it.id !== this.ownId && isSameName(it.name, name))
    if (isTaken) return this.#tell({ type: 'left', problem: 'name-taken' })
    this.#enter(room, name, position)
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

  /** @param newest where the newest message stood before */
  #enter(room: string, name: string, newest: string | undefined): void {
    const presence = { id: this.ownId, name }
    const topic = this.#client.topic(`room/${room}`, { last: wantedFirst, presence }) as Topic<SaidData>
    this.#topic = topic
    this.#take({ type: 'left' })
    let isEarlier: boolean | undefined
    topic.on('status', status => {
      if (status === 'subscribed') {
        // Earlier messages come first, where there are any; after a break nothing is earlier.
        isEarlier = isEarlier === undefined && newest !== undefined && topic.position !== newest
        this.#tell({ type: 'subscribed', room })
      } else if (status === 'idle') this.#tell({ type: 'disconnected' })
    })
    topic.on('publication', publication => {
      const message = readMessage(publication)
      this.#take({ type: 'message', message, id: idOf(publication), isEarlier: isEarlier === true })
      if (publication.position === newest) isEarlier = false
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

/** Settles when the server has said who is in a room. A server that does not answer has nobody to take a name from. */
async function isSubscribed(topic: Topic, aborted: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([aborted, AbortSignal.timeout(lookMs)])
  const given = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  await Promise.race([topic.ready().catch(() => {}), given])
}

/** The members of a room, by a request. A server that does not answer knows of nobody. */
async function membersOf(room: string, aborted: AbortSignal): Promise<readonly Member[]> {
  const signal = AbortSignal.any([aborted, AbortSignal.timeout(lookMs)])
  try {
    const topic = encodeURIComponent(`room/${room}`)
    const response = await fetch(serverUrl(`bothways/members?topic=${topic}`), { signal })
    const { members } = await response.json()
    return members ?? []
  } catch {
    return []
  }
}
