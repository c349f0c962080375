export { decodeUtf8, encodeUtf8, isUtf8 } from '#utf8'
export { type AcceptedDeflateOffer, acceptDeflateOffer } from './deflate/accept-deflate-offer.ts'
export {
  type DeflateAgreement,
  type DeflateDirection,
  type DeflateDirections,
  deflateDirections,
  deflateExtensionName,
} from './deflate/deflate-agreement.ts'
export {
  checkDeflateResponse,
  createDeflateOffer,
  type DeflateResponseResult,
} from './deflate/deflate-offer.ts'
export { type DeflateOptions, resolveDeflateOptions } from './deflate/deflate-options.ts'
export * from './errors.ts'
export { type CloseBody, parseCloseBody } from './frames/close-body.ts'
export { CloseCode, isSendableCloseCode, maxCloseReasonBytes } from './frames/close-code.ts'
export { messageTooBig } from './frames/frame-header.ts'
export {
  checkControlPayload,
  type FrameOptions,
  frameHeaderBytes,
  maxControlPayloadBytes,
  serializeCloseBody,
  serializeFrame,
  writeFrameHeader,
} from './frames/frame-serializer.ts'
export { copyMasked } from './frames/masked-copy.ts'
export { applyMask } from './frames/masking.ts'
export { isControlOpcode, Opcode } from './frames/opcode.ts'
export { createReadMemory, type ReadMemory } from './frames/read-memory.ts'
export type { ReceivedMessage } from './frames/received-message.ts'
export { Receiver } from './frames/receiver.ts'
export type { ReceivedFrame, ReceiverHandler } from './frames/receiver-handler.ts'
export type { ReceiverOptions, Role } from './frames/receiver-rules.ts'
export { acceptKey, createKey, isValidKey, keyBytes } from './handshake/accept-key.ts'
export { type AnswerCause, likelyCause } from './handshake/answer-causes.ts'
export {
  type AcceptedResponse,
  type ClientHandshake,
  type ClientRequestOptions,
  checkResponse,
  createRequestHeaders,
  type HandshakeResponse,
  type RefusedResponse,
} from './handshake/client-handshake.ts'
export {
  type Extension,
  type ExtensionParameter,
  parseExtensions,
  serializeExtensions,
} from './handshake/extensions.ts'
export { checkHeader, type HeaderList, type HeaderRecord } from './handshake/header.ts'
export { type Refusal, serializeRefusal } from './handshake/refusal.ts'
export { type RequestHead, readHeaderLines, readRequestHead } from './handshake/request-head.ts'
export { serializeResponse } from './handshake/response.ts'
export {
  type AcceptedOffers,
  type AcceptedRequest,
  checkConnectRequest,
  checkRequest,
  type HandshakeRequest,
  type RefusedRequest,
  type ServerHandshake,
  serverResponseHeaders,
} from './handshake/server-handshake.ts'
export { checkSubprotocols, chooseSubprotocol } from './handshake/subprotocol.ts'
export { isToken, parseTokenList } from './handshake/token.ts'
export { Utf8Validator } from './text/utf8-validator.ts'
