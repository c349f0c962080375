export { decodeUtf8, encodeUtf8, isUtf8 } from '#utf8'
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
export { Utf8Validator } from './text/utf8-validator.ts'
