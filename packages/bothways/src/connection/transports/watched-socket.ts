import { Socket } from 'node:net'

/** The transport that has taken a socket's data past the socket. */
export interface SocketOwner {
  /** Somebody else is about to use the socket: its data have to go by it again, behind the data sent before. */
  stepAside(): void
}

const owner: unique symbol = Symbol('owner')

interface WatchedSocket extends Socket {
  [owner]: SocketOwner
}

type Method = (this: Socket, ...args: never[]) => unknown

/** A method of sockets that only works, or only in order, when the data go by the socket. */
function using<Call extends Method>(method: Call, isUse: (...args: Parameters<Call>) => boolean): Method {
  return function (this: Socket, ...args: never[]) {
    if (isUse(...(args as Parameters<Call>))) ownerOf(this).stepAside()
    return method.apply(this, args)
  }
}

const always = (): boolean => true
const isAboutData = (event: string): boolean => event === 'data' || event === 'readable'
/** Without a limit there is nothing that traffic would put off. */
const isLimit = (milliseconds: number): boolean => milliseconds > 0

const { pause, cork, write, end, setTimeout, on, addListener, prependListener } = Socket.prototype

/**
 * `once`, `pipe` and iterations come by `on`. A socket's own, instead of a prototype of theirs: with another prototype each use of a
 * socket takes longer.
 */
const methods = {
  on: using(on as Method, isAboutData),
  addListener: using(addListener as Method, isAboutData),
  prependListener: using(prependListener as Method, isAboutData),
  pause: using(pause, always),
  cork: using(cork, always),
  write: using(write, always),
  end: using(end, always),
  setTimeout: using(setTimeout, isLimit),
}

/** Nobody but the owner has to do with the socket's data so far, and {@link watchSocket} would see it if somebody had. */
export function isWatchable(socket: Socket): boolean {
  return (
    Object.getPrototypeOf(socket) === Socket.prototype &&
    socket.listenerCount('data') === 0 &&
    socket.listenerCount('readable') === 0 &&
    !socket.timeout
  )
}

export function setOwner(socket: Socket, transport: SocketOwner): void {
  ;(socket as WatchedSocket)[owner] = transport
}

/** As {@link setOwner} has said. */
export function ownerOf(socket: Socket): SocketOwner {
  return (socket as WatchedSocket)[owner]
}

/** Tells the owner when somebody else uses the socket, which a program may have kept from a request or an event. */
export function watchSocket(socket: Socket): void {
  Object.assign(socket, methods)
}
