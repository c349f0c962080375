// What other folders take of this one besides transports.

export { ClientError, checkIs, checkNames } from './client-error.ts'
export { type Environment, runtimeEnvironment } from './environment.ts'
export type { WebSocketClass } from './transport.ts'
