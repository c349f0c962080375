// Bounds where the original has none, and its two settings, which hold for the whole process.

const KiB = 1024
const MiB = 1024 * KiB

/** The head of a request or an answer, as of Node's own HTTP. */
export const maxHeadBytes: number = 16 * KiB

/** How long a client may take for its opening handshake. */
export const handshakeTimeoutMs = 10_000

/** How long a refused client may stay. */
export const refusalTimeoutMs = 2_000

/** How long the other side may take for its part of the ending. */
export const closeTimeoutMs = 30_000

/** The most bytes that may wait for a peer that reads slower than this side sends, before one more message. */
export const maxBufferedBytes: number = 64 * MiB

/** All frames of one text, unless `maxBufferLength` is larger still. */
export const maxTextBytes: number = 64 * MiB

/** Read anew for each connection and for each binary message. */
export const settings: { binaryFragmentation: number; maxBufferLength: number } = {
  binaryFragmentation: 512 * KiB,
  maxBufferLength: 2 * MiB,
}

/** Binary streams are sent in frames of at least this many bytes; 512 KiB by default. For streams begun from now on. */
export function setBinaryFragmentation(bytes: number): void {
  settings.binaryFragmentation = bytes
}

/**
 * The longest frame that is taken, and how much of a binary stream may wait to be read; 2 MiB by default. A longer frame
 * closes with 1009. For connections opened from now on.
 */
export function setMaxBufferLength(bytes: number): void {
  // A value that is no number bounds nothing, as in the original; the other bounds stay.
  settings.maxBufferLength = Number.isNaN(Number(bytes)) ? Number.POSITIVE_INFINITY : Number(bytes)
}
