import type { ReadMemory } from '@bothways/protocol'

/** What a {@link Transport} tells its connection. */
export interface TransportHandler {
  /** Bytes have come; the handler owns the chunk. */
  onData(chunk: Uint8Array): void
  /** As {@link onData}, in the first bytes of memory that the next read writes over. */
  onBorrowedData(memory: ReadMemory, byteLength: number): void
  /** A write that asked for notice has been taken by the operating system. */
  onTaken(): void
  /** The other side will send no more (TCP FIN). */
  onEnd(): void
  /** Writes what was sent so far: somebody else is about to write to the same stream. */
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
   * Writes bytes whose memory does not change any more.
   *
   * @param wantsNotice calls `onTaken` once they have been taken
   */
  write(bytes: Uint8Array, wantsNotice: boolean): void
  /**
   * As {@link write}, for memory that the caller would like to use again.
   *
   * @returns true when it may; else the memory belongs to the transport from here on
   */
  writeShared(bytes: Uint8Array, wantsNotice: boolean): boolean
  /** Sends FIN after what is queued. */
  end(): void
  /** Ends both directions at once; what is queued is lost. */
  destroy(): void
}
