import type { ServerSocket } from 'bothways'

/** The members of a client that the conversation needs: a browser's `WebSocket`, or something with its interface. */
export interface SocketLike {
  binaryType: string
  readonly protocol?: string | undefined
  onopen: unknown
  onmessage: unknown
  onclose: unknown
  onerror: unknown
  send(data: string | Uint8Array): unknown
  close(code: number, reason: string): unknown
}

export interface Abilities<Socket> {
  /** Pings the server and resolves when its pong has come. */
  readonly ping?: ((socket: Socket) => Promise<void>) | undefined
  /** Sends one text in several frames. */
  readonly sendFragments?: ((socket: Socket, pieces: readonly string[]) => void) | undefined
  /** The library does not tell its program of empty texts. */
  readonly cannotEmptyText?: boolean
  /** Its close event calls every code but 1000 unclean. */
  readonly cannotTellClean?: boolean
  /** The code of the close event after `close(4001)`, when the library does not say what the other side did. */
  readonly closeCodeSeen?: number
}

/** The outcome of a conversation. */
export interface Report {
  /** The subprotocol, null when there was no connection. */
  readonly protocol: string | null
  readonly problems: readonly string[]
  /** The abilities seen to work besides messages and closing. */
  readonly did: readonly string[]
}

export function converse<Socket extends SocketLike>(
  connect: () => Socket,
  able?: Abilities<Socket>,
): Promise<Report>

/** Our server's side of it. */
export function answer(socket: ServerSocket, message: string | Uint8Array): Promise<void>
