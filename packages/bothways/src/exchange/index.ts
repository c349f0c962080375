// What servers of other libraries use besides connections to decide whom to let in; it may change with any release.
export { HandshakeRates } from './handshake-rates.ts'
export { networkOf } from './network-address.ts'
