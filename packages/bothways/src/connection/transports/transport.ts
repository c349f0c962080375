import type { ReadMemory } from '@bothways/protocol'

/** The calls that a {@link Transport} makes on its connection. */
export interface TransportHandler {
  /** Bytes have come; the handler owns the chunk. */
  onData(chunk: Uint8Array): void
  /** As {@link onData}, in the first bytes of memory that the next read writes over. */
  onBorrowedData(memory: ReadMemory, byteLength: number): void
  /** How many bytes of writes that were not taken at once have been taken now. */
  onTaken(bytes: number): void
  /** The other side will send no more (TCP FIN). */
  onEnd(): void
  /** Writes the frames sent so far: somebody else is about to write to the same stream. */
  flush?(): void
  /** Both directions are over. Called once, last. `error` says why when it was not in order. */
  onDestroyed(error: Error | undefined): void
}

/** The byte stream under a connection. Nothing of it throws. */
export interface Transport {
  /** Bytes read and written since the TCP connection began, with the opening handshake, before TLS. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Bytes written that the operating system has not taken yet. */
  readonly queuedBytes: number
  /** Begins to read. */
  start(handler: TransportHandler): void
  pause(): void
  resume(): void
  /**
   * Writes, unless the connection is over. While a write is under way there is no other, unless this {@link queues}.
   *
   * @param isBorrowed the caller uses the memory again when the bytes have been taken; else it does not change any more
   * @returns true when they have been taken by the operating system; else `onTaken` tells when they have, if ever
   */
  write(bytes: Uint8Array, isBorrowed: boolean): boolean
  /** Borrowed bytes are copied: their memory may be used again at once. */
  readonly copiesBorrowed: boolean
  /** All is to be written at once, since somebody else uses the stream, too, and goes by what is queued there. */
  readonly queues: boolean
  /** A write is never over when it returns, as with TLS, but mostly is soon after. */
  readonly tellsLater: boolean
  /** From here on all data go by the stream, which a program uses as well. Absent: none can reach it. */
  shareStream?(): void
  /** Sends FIN after the queued bytes. */
  end(): void
  /** Ends both directions at once; queued bytes are lost. A write under way may still be told of. */
  destroy(): void
}
