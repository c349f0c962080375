export { decodeUtf8, encodeUtf8, isUtf8 } from '#utf8'
export * from './deflate/parameters.ts'
export * from './errors.ts'
export * from './frames/close-body.ts'
export * from './frames/close-code.ts'
export * from './frames/frame-serializer.ts'
export * from './frames/masking.ts'
export * from './frames/opcode.ts'
export {
  messageTooBig,
  Receiver,
  type ReceiverHandler,
  type ReceiverOptions,
  type Role,
} from './frames/receiver.ts'
export * from './handshake/accept-key.ts'
export * from './handshake/extensions.ts'
export type { HeaderList, HeaderRecord } from './handshake/header.ts'
export * from './handshake/refusal.ts'
export * from './handshake/response.ts'
export * from './handshake/server-handshake.ts'
export * from './handshake/subprotocol.ts'
export { isToken, parseTokenList } from './handshake/token.ts'
export { Utf8Validator } from './text/utf8-validator.ts'
