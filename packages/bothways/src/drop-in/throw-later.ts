/** An error that a listener throws ends the process unless somebody catches it there, and never the reading of the next frame. */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
