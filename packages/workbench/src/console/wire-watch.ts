import { readStored, writeStored } from '../app/stored.ts'
import { FrameSignal } from '../connection/frame-signal.ts'
import { pageSocketUrl } from '../connection/server-url.ts'
import type { InspectEvent } from '../serve-messages.ts'
import type { ConsoleSession } from './console-session.ts'

export type WireEntry = Exclude<InspectEvent, { readonly type: 'ticket' }> & { readonly sequence: number }

/** The oldest go first. */
const maxEntries = 300

/** So long the page's server may take for a ticket, in ms; then the connection is made without. */
const ticketTimeoutMs = 2_000

const drawGapMs = 200

/** The reports of the page's own server about the bytes of one connection to it. */
export class WireWatch {
  /** The list has changed. */
  readonly signal: FrameSignal = new FrameSignal(drawGapMs)
  #entries: readonly WireEntry[] = []
  #isOn: boolean = readStored('wire') === 'on'
  #socket: WebSocket | undefined
  #sequence = 0

  get entries(): readonly WireEntry[] {
    return this.#entries
  }

  /** Whether the next connection is watched. */
  get isOn(): boolean {
    return this.#isOn
  }

  switch(isOn: boolean): void {
    this.#isOn = isOn
    writeStored('wire', isOn ? 'on' : 'off')
    this.signal.now()
  }

  clear(): void {
    this.#entries = []
    this.signal.now()
  }

  /** Promises a ticket for one connection; undefined when the server gives none, or another call came in between. */
  begin(): Promise<string | undefined> {
    this.#socket?.close()
    this.clear()
    const socket = new WebSocket(pageSocketUrl('inspect'))
    this.#socket = socket
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(undefined), ticketTimeoutMs)
      socket.onclose = () => resolve(undefined)
      socket.onmessage = ({ data }) => {
        const event: InspectEvent = JSON.parse(data)
        if (event.type === 'ticket') {
          clearTimeout(timer)
          resolve(event.ticket)
        } else if (socket === this.#socket) {
          this.#add(event)
        }
      }
    })
  }

  #add(event: Exclude<InspectEvent, { readonly type: 'ticket' }>): void {
    this.#entries = [...this.#entries.slice(1 - maxEntries), { ...event, sequence: this.#sequence++ }]
    this.signal.request()
  }
}

export const wireWatch: WireWatch = new WireWatch()

/** Connects; so that the bytes are seen, where they are to be and can be. */
export async function connectWatched(
  session: ConsoleSession,
  address: string,
  protocols: readonly string[],
): Promise<void> {
  const ticket = wireWatch.isOn && isOwnServer(address) ? await wireWatch.begin() : undefined
  session.connect(address, protocols, ticket)
}

/** Whether the page's own server is meant: no other tells of its bytes. */
export function isOwnServer(address: string): boolean {
  if (!URL.canParse(address, document.baseURI)) return false
  return new URL(address, document.baseURI).host === window.location.host
}
