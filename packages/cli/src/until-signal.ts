const signals = ['SIGINT', 'SIGTERM'] as const

/** Ctrl-C under npm arrives twice: from the terminal, and passed on by npm. */
const sameSignalMs = 1_000

/** Runs until SIGINT or SIGTERM, then closes in order and answers 0. A later second signal ends at once. */
export async function untilSignal(close: () => Promise<void>): Promise<number> {
  let firstAtMs: number | undefined
  await new Promise<void>(resolve => {
    // The listeners stay until the end: without one, a signal kills.
    const onSignal = (): void => {
      firstAtMs ??= performance.now()
      if (performance.now() - firstAtMs > sameSignalMs) process.exit(1)
      resolve()
    }
    for (const signal of signals) process.on(signal, onSignal)
  })
  await close()
  // Left to itself, Node takes its listeners away some time before it ends; the second signal would kill it then.
  process.once('beforeExit', () => process.exit())
  return 0
}
