import { type EngineWriteOptions, type RawData, shareMessage } from './engine-binding.ts'

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
    options: parts.map(part => ({ compress, shared: shareMessage(part) })),
    isVolatile: flags.volatile === true,
  }
}
