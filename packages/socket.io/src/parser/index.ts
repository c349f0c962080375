export { Decoder, type DecoderOptions, type Reviver } from './decoder.ts'
export { Encoder, type Replacer } from './encoder.ts'
export { isPacketValid, type Packet, PacketType, protocol } from './packet.ts'
