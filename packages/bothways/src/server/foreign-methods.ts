import { UsageError } from '@bothways/protocol'

const handlers =
  "handlers belong to a route: server.route('/chat', { open(socket) {}, message(socket, message) {} })"
const publishing = 'server.publish(topic, message) sends to all subscribers of a topic'
const socketHandlers =
  'the handlers of the route get everything: message(socket, message), close(socket, code, reason); or for await (const message of socket)'

/** What servers of other libraries are asked to do, and how that is said here. */
const ofServers: Readonly<Record<string, string>> = {
  on: handlers,
  once: handlers,
  addListener: handlers,
  addEventListener: handlers,
  ws: handlers,
  of: handlers,
  use: 'authenticate(request) decides who may connect, and what it returns is socket.user',
  to: publishing,
  in: publishing,
  emit: publishing,
  broadcast: publishing,
  send: publishing,
  address: 'listen promises url, host and port: const { url } = await server.listen({ port })',
  start: 'await server.listen({ port })',
  stop: 'await server.close()',
  shouldHandle: 'routes say which paths are served',
}

const ofSockets: Readonly<Record<string, string>> = {
  on: socketHandlers,
  once: socketHandlers,
  addListener: socketHandlers,
  addEventListener: socketHandlers,
  emit: 'send(JSON.stringify({ type, … })) sends a message; events of Socket.IO are served by @bothways/socket.io',
  to: 'publish(topic, message) sends to everybody else who has subscribed; events of Socket.IO are served by @bothways/socket.io',
  join: 'subscribe(topic)',
  leave: 'unsubscribe(topic)',
  write: 'send(data)',
  sendText: 'send(text)',
  sendBytes: 'send(bytes)',
  sendUTF: 'send(text)',
  sendBinary: 'send(bytes)',
  json: 'send(JSON.stringify(object))',
  end: 'close(code, reason)',
  destroy: 'terminate() cuts the connection at once, close(code, reason) says goodbye',
  drop: 'terminate() cuts the connection at once, close(code, reason) says goodbye',
  pong: 'pings are answered by themselves',
  getUserData: 'data has what the program keeps with a connection',
  getBufferedAmount: 'bufferedAmount',
  getRemoteAddressAsText: 'remoteAddress',
  isSubscribed: 'the program knows what it has subscribed a socket to',
}

/** Makes calls that belong to another library say what to write here, instead of "is not a function". */
function explainMethods(
  Class: { readonly name: string; readonly prototype: object },
  cures: Readonly<Record<string, string>>,
): void {
  for (const [name, cure] of Object.entries(cures)) {
    Object.defineProperty(Class.prototype, name, {
      configurable: true,
      writable: true,
      value: () => {
        throw new UsageError('BW_UNKNOWN_METHOD', `A ${Class.name} has no method ${name}. Here: ${cure}.`)
      },
    })
  }
}

export function explainServerMethods(Class: { readonly name: string; readonly prototype: object }): void {
  explainMethods(Class, ofServers)
}

export function explainSocketMethods(Class: { readonly name: string; readonly prototype: object }): void {
  explainMethods(Class, ofSockets)
}
