// What servers of other libraries use besides connections, before there is one; it may change with any release.
export { HandshakeRates } from './handshake-rates.ts'
export { networkOf } from './network-address.ts'
export { RequestBody } from './request-body.ts'
export { serveInTurn } from './requests-in-turn.ts'
