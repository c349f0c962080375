import { Buffer } from 'node:buffer'
import { inflateRawSync, type ZlibOptions } from 'node:zlib'

/** How zlib is told the bytes before a message: by its options, or by bytes in front that come out again. */
export interface PresetWindow {
  readonly options: ZlibOptions
  readonly input: Buffer
  /** How many bytes at the beginning of the output are the window again. */
  readonly repeatedBytes: number
}

const nothing = Buffer.alloc(0)

/** @param window at most 32 KiB */
export function presetWindow(window: Uint8Array): PresetWindow {
  if (window.length === 0) return { options: {}, input: nothing, repeatedBytes: 0 }
  if (takesDictionary()) return { options: { dictionary: window }, input: nothing, repeatedBytes: 0 }
  const input = Buffer.concat([storedBlockHeader(window.length), window])
  return { options: {}, input, repeatedBytes: window.length }
}

/** In front of bytes that are not compressed (RFC 1951 §3.2.4): behind such a block, zlib has them in its window. */
export function storedBlockHeader(length: number): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt16LE(length, 1)
  header.writeUInt16LE(length ^ 0xffff, 3)
  return header
}

let isTaken: boolean | undefined

/** Deno 2.9 does not find in a dictionary the bytes that the first symbol of the data refers to. */
function takesDictionary(): boolean {
  isTaken ??= findsFirstReference()
  return isTaken
}

function findsFirstReference(): boolean {
  // A block whose first symbol repeats the last byte of the dictionary, and an empty one, which is the last.
  const data = Buffer.from('1a5800000000ffff0300', 'hex')
  try {
    return inflateRawSync(data, { dictionary: Buffer.alloc(200, 'x') }).toString('latin1') === 'x'.repeat(126)
  } catch {
    return false
  }
}
