import { type Hub, Meeting, type MeetingClient, type MeetingRefusal, type TopicPublication } from 'bothways'
import type { Adapter } from './adapter.ts'
import { type BroadcastOptions, type Room, type SocketId, speaker } from './broadcast-options.ts'
import { type Packet, PacketType } from './parser/packet.ts'
import type { Namespace, Server, Socket } from './public-classes.ts'
import { reservedEvents } from './socket-types.ts'

// biome-ignore lint/suspicious/noExplicitAny: a server of any events
type AnyServer = Server<any, any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyNamespace = Namespace<any, any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnySocket = Socket<any, any, any, any>

export interface MeetOptions<User> {
  /** The user of a socket, for `authorize`. Default: `socket.data.user`. */
  userOf?(socket: AnySocket): User
  /**
   * Gets each refusal to a socket, or to the program: a right that it has not, arguments that are no JSON, a broker that is away.
   * Default: goes to the hub's `onError`.
   */
  onRefused?(refusal: MeetingRefusal<RoomClient<User>>): void
}

/**
 * Lets the rooms of a Socket.IO server meet the topics of a hub that are declared with `socketio`: joining such a room is a
 * subscription, which `authorize` is asked for, and an event that is sent into it a publication. Each publication, by whatever
 * client, comes to the room as an event. All other rooms stay what they are. Before the first client, and behind `io.adapter`.
 *
 * Data of the form `{ event, args }` are that event; the declaration's `event` carries all other data as its one argument.
 *
 * @example
 * const hub = createHub({ topics: { 'room/:id': { socketio: { event: 'message' } } } })
 * meetTopics(io, hub)
 */
export function meetTopics<User = undefined>(
  io: AnyServer,
  hub: Hub<User>,
  options: MeetOptions<User> = {},
): void {
  const meet = (namespace: AnyNamespace): void => meetNamespace(namespace, hub, options)
  for (const namespace of io._nsps.values()) meet(namespace)
  io.on('new_namespace', meet)
}

/** A client of a namespace, among the clients of a hub. */
export class RoomClient<User> implements MeetingClient<User> {
  readonly socket: AnySocket
  readonly user: User
  readonly #rooms: Pick<Adapter, 'addAll' | 'del'>

  constructor(socket: AnySocket, user: User, rooms: Pick<Adapter, 'addAll' | 'del'>) {
    this.socket = socket
    this.user = user
    this.#rooms = rooms
  }

  get id(): string {
    return this.socket.id
  }

  get isGone(): boolean {
    return this.socket.nsp.sockets.get(this.id) !== this.socket
  }

  disconnect(): void {
    this.socket.disconnect(true)
  }

  terminate(): void {
    this.socket.disconnect(true)
  }

  enter(room: string): void {
    void this.#rooms.addAll(this.id, new Set([room]))
  }

  leave(room: string): void {
    void this.#rooms.del(this.id, room)
  }
}

function meetNamespace<User>(namespace: AnyNamespace, hub: Hub<User>, options: MeetOptions<User>): void {
  const adapter = namespace.adapter as Adapter
  // The adapter's own methods, for rooms that are not the hub's, and for the hub's decisions.
  const own = {
    addAll: adapter.addAll.bind(adapter),
    del: adapter.del.bind(adapter),
    delAll: adapter.delAll.bind(adapter),
    broadcast: adapter.broadcast.bind(adapter),
    persistSession: adapter.persistSession?.bind(adapter),
  }
  const clients = new Map<SocketId, RoomClient<User>>()
  /** Rooms for which a client has asked that is not let in yet. */
  const asked = new Map<SocketId, Set<Room>>()
  const eventOf = (room: Room): string | undefined => hub.declarations.find(room)?.socketio?.event
  const meeting = new Meeting<User, RoomClient<User>>({
    hub,
    opens: ({ socketio }) => socketio !== undefined && (socketio.namespace ?? '/') === namespace.name,
    deliver: (room, { data }: TopicPublication, except) => {
      const args = argumentsOf(data, eventOf(room))
      if (args === undefined) return
      const packet = { type: PacketType.EVENT, nsp: namespace.name, data: args }
      own.broadcast(packet, { rooms: new Set([room]), except: new Set(except), flags: { local: true } })
    },
    onRefused: refusal =>
      options.onRefused === undefined ? hub.onError(refusal.error) : options.onRefused(refusal),
  })

  function clientOf(socket: AnySocket): RoomClient<User> {
    const known = clients.get(socket.id)
    if (known !== undefined) return known
    const user = options.userOf === undefined ? socket.data?.user : options.userOf(socket)
    const client = new RoomClient(socket, user as User, own)
    // A client that has gone may still have messages to be handled, and is not to be remembered.
    if (!client.isGone) clients.set(socket.id, client)
    return client
  }

  function join(id: SocketId, rooms: Iterable<Room>): Promise<void>[] {
    const socket = namespace.sockets.get(id) as AnySocket | undefined
    if (socket !== undefined) return Array.from(rooms, room => meeting.join(room, clientOf(socket)))
    asked.set(id, new Set([...(asked.get(id) ?? []), ...rooms]))
    return []
  }

  adapter.addAll = (id, rooms) => {
    const opened = [...rooms].filter(room => room !== id && meeting.opens(room))
    // A socket that has just been let in goes into the room of its own first.
    const before = rooms.has(id) ? asked.get(id) : undefined
    if (opened.length === 0 && before === undefined) return own.addAll(id, rooms)
    asked.delete(id)
    const others = own.addAll(id, new Set([...rooms].filter(room => !opened.includes(room))))
    return Promise.all([others, ...join(id, [...(before ?? []), ...opened])]).then(() => undefined)
  }
  adapter.del = (id, room) => {
    const client = clients.get(id)
    asked.get(id)?.delete(room)
    if (client === undefined || !meeting.opens(room)) return own.del(id, room)
    return meeting.leave(room, client)
  }
  adapter.delAll = id => {
    const client = clients.get(id)
    if (client !== undefined) meeting.forget(client)
    clients.delete(id)
    asked.delete(id)
    own.delAll(id)
  }
  // Publications meanwhile cannot be had later, nor may a client that comes back have them: it begins anew, and asks for its rooms.
  adapter.mayComeBack = id => {
    const client = clients.get(id)
    return client === undefined || !meeting.isAnywhere(client)
  }
  adapter.persistSession = session => {
    if (adapter.mayComeBack(session.sid)) own.persistSession?.(session)
    else adapter.over?.(session.pid)
  }
  adapter.broadcast = (packet, to) => {
    const opened = [...to.rooms].filter(room => meeting.opens(room))
    if (opened.length === 0) return own.broadcast(packet, to)
    const client = to[speaker] === undefined ? undefined : clientOf(to[speaker] as AnySocket)
    for (const room of opened) {
      meeting.publish(room, dataOf(packet, eventOf(room)), client, [...(to.except ?? [])])
    }
    const rooms = new Set([...to.rooms].filter(room => !opened.includes(room)))
    if (rooms.size > 0) own.broadcast(packet, { ...to, rooms } as BroadcastOptions)
  }
}

/** The data of an event that a program sends. */
function dataOf({ data }: Packet, event: string | undefined): unknown {
  const [name, ...args] = data as [string, ...unknown[]]
  return name === event && args.length === 1 ? args[0] : { event: name, args }
}

/** The event of data; undefined: they are none. Nobody can send a client the events that only the library emits. */
function argumentsOf(data: unknown, event: string | undefined): unknown[] | undefined {
  const {
    event: name,
    args,
    ...rest
  } = (typeof data === 'object' && data !== null ? data : {}) as {
    event?: unknown
    args?: unknown
  }
  const isEvent = typeof name === 'string' && Array.isArray(args) && Object.keys(rest).length === 0
  if (isEvent && !reservedEvents.has(name)) return [name, ...args]
  return event === undefined ? undefined : [event, data]
}
