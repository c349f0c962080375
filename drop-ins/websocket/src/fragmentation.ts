import { Opcode } from '@bothways/protocol'
import type { Connection } from 'bothways/connection'
import type { IConfig } from './types.ts'

/**
 * The most bytes that a frame of this side's carries; undefined: no message is sent in several frames. Without a
 * threshold there is nothing to fragment by.
 */
function fragmentBytesOf({ fragmentOutgoingMessages, fragmentationThreshold }: IConfig): number | undefined {
  const bytes = Math.floor(fragmentationThreshold ?? 0)
  return fragmentOutgoingMessages && bytes >= 1 ? bytes : undefined
}

/** Whether a message of so many bytes is sent in several frames. */
export function mayFragment(byteLength: number, config: IConfig): boolean {
  const fragmentBytes = fragmentBytesOf(config)
  return fragmentBytes !== undefined && byteLength > (config.fragmentationThreshold ?? 0)
}

/** Sends a message in several frames (RFC 6455 §5.4). */
export function sendFragments(core: Connection, data: Buffer, opcode: Opcode, config: IConfig): void {
  const fragmentBytes = fragmentBytesOf(config) ?? data.length
  for (let at = 0; at < data.length; at += fragmentBytes) {
    const end = at + fragmentBytes
    core.sendFrame(data.subarray(at, end), {
      opcode: at === 0 ? opcode : Opcode.Continuation,
      isFinal: end >= data.length,
    })
  }
}
