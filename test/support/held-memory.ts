import { collectGarbage } from './garbage.ts'

/** The memory that this process holds, in bytes, once all garbage is gone: its heap, and the memory of buffers. */
export async function heldMemory(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    collectGarbage()
    await new Promise(resolve => setImmediate(resolve))
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
