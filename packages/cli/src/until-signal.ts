/** Runs until SIGINT or SIGTERM, then closes in order and answers 0. A second signal ends at once. */
export async function untilSignal(close: () => Promise<void>): Promise<number> {
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  await close()
  return 0
}
