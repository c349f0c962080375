import type { Socket } from 'node:net'
import { Opcode } from '@bothways/protocol'

const chunkBytes = 64 * 1024

/**
 * Sends one binary message of zeros in a single frame (RFC 6455 §5.2), as fast as the connection takes it and without
 * holding it in memory. Stops when the connection ends.
 *
 * @param maskingKey of four bytes; undefined: as a server, unmasked
 */
export async function sendMessage(socket: Socket, bytes: number, maskingKey?: Uint8Array): Promise<void> {
  socket.write(frameHeader(bytes, maskingKey))
  // A masked zero is a byte of the key.
  const chunk = Buffer.alloc(chunkBytes, maskingKey ?? Buffer.from([0]))
  for (let left = bytes; left > 0 && socket.writable; left -= chunkBytes) {
    if (!socket.write(chunk.subarray(0, left))) await drained(socket)
  }
}

export function frameBytes(bytes: number, isMasked: boolean): number {
  return frameHeader(bytes, isMasked ? new Uint8Array(4) : undefined).length + bytes
}

function frameHeader(bytes: number, maskingKey: Uint8Array | undefined): Buffer {
  const mask = maskingKey === undefined ? 0 : 0x80
  const header = Buffer.alloc(bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10)
  header[0] = 0x80 | Opcode.Binary
  if (bytes < 126) header[1] = mask | bytes
  else if (bytes < 65_536) {
    header[1] = mask | 126
    header.writeUInt16BE(bytes, 2)
  } else {
    header[1] = mask | 127
    header.writeBigUInt64BE(BigInt(bytes), 2)
  }
  return Buffer.concat([header, maskingKey ?? Buffer.alloc(0)])
}

async function drained(socket: Socket): Promise<void> {
  await new Promise<void>(resolve => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
