import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { BareTransport } from '../../packages/bothways/src/connection/transports/bare-transport.ts'
import { SocketTransport } from '../../packages/bothways/src/connection/transports/socket-transport.ts'
import { StreamTransport } from '../../packages/bothways/src/connection/transports/stream-transport.ts'
import {
  streamBinding,
  type TcpHandle,
  tcpHandleOf,
} from '../../packages/bothways/src/connection/transports/tcp-handle.ts'
import type { Transport } from '../../packages/bothways/src/connection/transports/transport.ts'

/** The two ends of one TCP connection over loopback. */
export interface TransportEnds {
  /** Not started yet. */
  readonly transport: Transport
  /** The other end: reads only when told to, and does not end when the transport does. */
  readonly peer: Socket
}

type Open = () => Promise<TransportEnds>

const peerOptions = { allowHalfOpen: true } as const

/** Accepts one connection the way an HTTP server does. */
async function accept(): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer(peerOptions)
  const port = await listen(server)
  const peer = connect({ port, host: '127.0.0.1', ...peerOptions })
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [
    [Socket],
    unknown,
  ]
  server.close()
  return { socket, peer }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Accepts one connection without ever making a `net.Socket` of it. */
async function acceptBare(): Promise<{ handle: TcpHandle; peer: Socket }> {
  const server = createServer()
  const port = await listen(server)
  const listening = Reflect.get(server, '_handle')
  const arrived = new Promise<TcpHandle>(resolve => {
    listening.onconnection = (_status: number, handle: TcpHandle) => resolve(handle)
  })
  const peer = connect({ port, host: '127.0.0.1', ...peerOptions })
  const [handle] = await Promise.all([arrived, once(peer, 'connect')])
  server.close()
  return { handle, peer }
}

function onHandle(socket: Socket): Transport {
  const handle = tcpHandleOf(socket)
  if (handle === undefined) throw new Error('The socket has no handle that can be used.')
  return new SocketTransport(handle, socket)
}

const stream: Readonly<Record<string, Open>> = {
  StreamTransport: async () => {
    const { socket, peer } = await accept()
    return { transport: new StreamTransport(socket), peer }
  },
}

const onHandles: Readonly<Record<string, Open>> = {
  'SocketTransport of a server': async () => {
    const { socket, peer } = await accept()
    return { transport: onHandle(socket), peer }
  },
  'SocketTransport of a client': async () => {
    const server = createServer(peerOptions)
    const port = await listen(server)
    const socket = connect(port, '127.0.0.1')
    const [[peer]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
      [Socket],
      unknown,
    ]
    server.close()
    return { transport: onHandle(socket), peer }
  },
  BareTransport: async () => {
    const { handle, peer } = await acceptBare()
    return { transport: new BareTransport(handle), peer }
  },
}

/** All transports that this runtime has, by name; the first one is the reference. */
export const transportKinds: readonly (readonly [name: string, open: Open])[] = Object.entries({
  ...stream,
  ...(streamBinding === undefined ? {} : onHandles),
})
