import type { BroadcastOperator, RemoteSocket } from './broadcast-operator.ts'
import type { Room, SocketId } from './broadcast-options.ts'
import { StrictEventEmitter } from './strict-event-emitter.ts'
import type {
  DecorateAcknowledgements,
  DecorateAcknowledgementsWithMultipleResponses,
  EventParams,
  EventsMap,
  RemoveAcknowledgements,
} from './typed-events.ts'

/** The part that a server and its namespaces have in common: they send to all clients of a namespace, or to some. */
export abstract class Broadcaster<
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  ReservedEvents extends EventsMap,
  SocketData,
> extends StrictEventEmitter<ServerSideEvents, RemoveAcknowledgements<EmitEvents>, ReservedEvents> {
  /** @internal All clients of the namespace, on all servers. */
  abstract get _everybody(): BroadcastOperator<
    DecorateAcknowledgementsWithMultipleResponses<EmitEvents>,
    SocketData
  >

  /** The clients in a room. */
  to(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this._everybody.to(room)
  }

  /** The clients in a room. */
  in(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this._everybody.to(room)
  }

  /** The clients that are not in a room. */
  except(
    room: Room | Room[],
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this._everybody.except(room)
  }

  /** Sends the event `message` to everybody. */
  send(...args: EventParams<EmitEvents, 'message'>): this {
    this._everybody.emit('message' as never, ...(args as never))
    return this
  }

  /** Sends the event `message` to everybody. */
  write(...args: EventParams<EmitEvents, 'message'>): this {
    return this.send(...args)
  }

  /** The ids of the sockets. @deprecated use {@link fetchSockets} */
  allSockets(): Promise<Set<SocketId>> {
    return this._everybody.allSockets()
  }

  /** Whether the next event is compressed, where compression was agreed on. */
  compress(
    compress: boolean,
  ): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this._everybody.compress(compress)
  }

  /** The next event may be lost for clients that cannot take it now. */
  get volatile(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this._everybody.volatile
  }

  /** The clients of this server. */
  get local(): BroadcastOperator<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>, SocketData> {
    return this._everybody.local
  }

  /** How long the next acknowledgements are waited for, in ms. */
  timeout(
    timeout: number,
  ): BroadcastOperator<
    DecorateAcknowledgements<DecorateAcknowledgementsWithMultipleResponses<EmitEvents>>,
    SocketData
  > {
    return this._everybody.timeout(timeout)
  }

  /** The sockets, also those on other servers. */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this._everybody.fetchSockets() as never
  }

  socketsJoin(room: Room | Room[]): void {
    this._everybody.socketsJoin(room)
  }

  socketsLeave(room: Room | Room[]): void {
    this._everybody.socketsLeave(room)
  }

  /** @param close end the connections, instead of taking the clients out of the namespace */
  disconnectSockets(close = false): void {
    this._everybody.disconnectSockets(close)
  }
}
