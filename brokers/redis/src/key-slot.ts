/** How many slots a cluster has. */
export const slotCount = 16_384

/**
 * The slot of a key or of a sharded channel: CRC-16/XMODEM of its hash tag, or of all of it (Redis cluster specification, "Key
 * distribution model" and "Hash tags").
 */
export function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = open === -1 ? -1 : key.indexOf('}', open + 1)
  return crc16(close > open + 1 ? key.slice(open + 1, close) : key) % slotCount
}

function crc16(text: string): number {
  let crc = 0
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc
}
