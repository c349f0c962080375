import { type EngineWriteOptions, type RawData, type SharedMessage, shareMessage } from './engine-binding.ts'

/** One encoded packet on its way to many clients: its text, and its attachments. */
export interface SharedParts {
  readonly parts: readonly RawData[]
  /** For each part how it is written; the same for every client. */
  readonly options: readonly EngineWriteOptions[]
  readonly isVolatile: boolean
}

/** Prepares an encoded packet for many clients, so that nothing of it is done once more for each. */
export function shareParts(
  parts: readonly RawData[],
  flags: { compress?: boolean | undefined; volatile?: boolean | undefined },
): SharedParts {
  const compress = flags.compress !== false
  return {
    parts,
    options: parts.map(part => new SharedWriteOptions(shareMessage(part), compress)),
    isVolatile: flags.volatile === true,
  }
}

class SharedWriteOptions implements EngineWriteOptions {
  readonly compress: boolean
  readonly shared: SharedMessage

  constructor(shared: SharedMessage, compress: boolean) {
    this.compress = compress
    this.shared = shared
  }

  /** For listeners of `packetCreate` that look for what npm's has here. */
  get wsPreEncodedFrame(): Uint8Array[] | undefined {
    return typeof this.shared.data === 'string' ? [this.shared.frame(4).bytes] : undefined
  }
}
