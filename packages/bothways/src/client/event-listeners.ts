import type { CloseEvent } from './close-event.ts'
import type { WebSocketErrorEvent } from './error-event.ts'

/** The events of a WebSocket by their types, as `addEventListener` takes them. */
export interface WebSocketEventMap {
  open: Event
  message: MessageEvent
  error: WebSocketErrorEvent
  close: InstanceType<typeof CloseEvent>
  /** Not in the standard: `data` is a `Uint8Array`. */
  ping: MessageEvent
  /** Not in the standard: `data` is a `Uint8Array`. */
  pong: MessageEvent
}

/**
 * A function that takes an event, or one that is more general. Of a method TypeScript compares the parameters both ways,
 * so that a class with such listeners can stand where the DOM's is expected.
 */
type Handle<E> = { handle(event: E): unknown }['handle']

export type WebSocketEventListener<E> = Handle<E> | { handleEvent(event: E): unknown } | null

/** The value given to an event handler attribute such as `onmessage`. */
export type WebSocketEventHandler<E> = Handle<E> | null

/** The value that such an attribute holds: a handler read from it may be called with any event, as the DOM's type says. */
// biome-ignore lint/suspicious/noExplicitAny: of `unknown` a handler of the DOM's type could not be made
export type HeldEventHandler = ((event: any) => unknown) | null

type ListenerOptions = Parameters<EventTarget['addEventListener']>[2]

/** The listeners of a WebSocket, each with the event of its type. */
export interface WebSocketListeners {
  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: WebSocketEventListener<WebSocketEventMap[Type]>,
    options?: ListenerOptions,
  ): void
  addEventListener(type: string, listener: WebSocketEventListener<Event>, options?: ListenerOptions): void
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: WebSocketEventListener<WebSocketEventMap[Type]>,
    options?: ListenerOptions,
  ): void
  removeEventListener(type: string, listener: WebSocketEventListener<Event>, options?: ListenerOptions): void
}
