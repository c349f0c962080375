import fc from 'fast-check'

/** The seed of every law in this run; fast-check prints it with a failure. `BOTHWAYS_SEED` changes it. */
const seed = Number(process.env.BOTHWAYS_SEED ?? 20_261_120)

/** Checks a property with the fixed seed. */
export function checkLaw<T>(property: fc.IProperty<T>, parameters: fc.Parameters<T> = {}): void {
  fc.assert(property, { seed, ...parameters })
}

/** As {@link checkLaw}, for a property that takes time; fewer schedules, since each takes longer. */
export async function checkLawLater<T>(
  property: fc.IAsyncProperty<T>,
  parameters: fc.Parameters<T> = {},
): Promise<void> {
  await fc.assert(property, { seed, numRuns: 300, ...parameters })
}

/** Where to cut `length` bytes: nowhere, everywhere or at random. */
export function cuts(length: number): fc.Arbitrary<readonly number[]> {
  const positions = Array.from({ length: Math.max(0, length - 1) }, (_, index) => index + 1)
  return fc.oneof(fc.constant([]), fc.constant(positions), fc.subarray(positions))
}
