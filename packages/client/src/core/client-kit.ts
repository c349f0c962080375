// The parts of a client with other transports.

export { type Client, startClient } from './client.ts'
export { type ClientOptions, topicsUrl } from './client-options.ts'
export type { TypeOfContract as Contract } from './contract.ts'
export { webSocketTransport } from './web-socket-transport.ts'
