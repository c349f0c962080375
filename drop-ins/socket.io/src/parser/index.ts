export { Decoder, type DecoderOptions } from './decoder.ts'
export { Encoder } from './encoder.ts'
export { isPacketValid, type Packet, PacketType } from './packet.ts'
