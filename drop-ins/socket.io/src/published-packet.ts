import { Publication } from 'bothways/connection'
import { type EngineWriteOptions, frameOf, type RawData } from './engine-binding.ts'

/** One encoded packet on its way to many clients: its text, and its attachments. */
export interface PublishedPacket {
  readonly parts: readonly RawData[]
  /** For each part how it is written; the same for every client. */
  readonly options: readonly EngineWriteOptions[]
  readonly isVolatile: boolean
}

/** Prepares an encoded packet for many clients, so that nothing of it is done once more for each. */
export function publishPacket(
  parts: readonly RawData[],
  flags: { compress?: boolean | undefined; volatile?: boolean | undefined },
): PublishedPacket {
  const compress = flags.compress !== false
  return {
    parts,
    options: parts.map(part => new PublishedWriteOptions(new Publication(part), compress)),
    isVolatile: flags.volatile === true,
  }
}

class PublishedWriteOptions implements EngineWriteOptions {
  readonly compress: boolean
  readonly shared: Publication

  constructor(shared: Publication, compress: boolean) {
    this.compress = compress
    this.shared = shared
  }

  /** For listeners of `packetCreate` that look for what npm's has here. */
  get wsPreEncodedFrame(): Uint8Array[] | undefined {
    return this.shared.isText ? [frameOf(this.shared, 4).bytes] : undefined
  }
}
