// The parts that servers of other libraries use before there is a connection; they may change with any release.
export { HandshakeRates } from './admission.ts'
export { type Http2Connect, isHttp2Server, takeConnects } from './http2-connects.ts'
export { networkOf } from './network-address.ts'
export { OpenPlaces } from './open-places.ts'
export { type BodyFailure, type BodyReceiver, RequestBody } from './request-body.ts'
export { serveInTurn } from './requests-in-turn.ts'
