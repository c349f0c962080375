// The parts of this folder that others take, besides transports.

export { ClientError, checkIs, checkNames } from './client-error.ts'
export { type Environment, runtimeEnvironment } from './environment.ts'
export type { WebSocketClass } from './transport.ts'
