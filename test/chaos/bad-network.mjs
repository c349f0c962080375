/** The faults of a connection that the proxy leaves alone: none. */
export const noFaults = {
  killAfterMs: undefined,
  freezeAfterMs: undefined,
  stripsUpgrade: false,
  bytesPerSecond: 0,
  latency: () => 0,
}

/**
 * The faults of the next connection, for the chaos proxy: most break in one direction after so many bytes, mostly in the
 * middle of a frame, or stand still for a while there.
 *
 * @param {import('./chance.mjs').Chance} chance
 */
export function badNetwork(chance) {
  if (chance.is(0.4)) return noFaults
  const broken = {
    afterBytes: chance.between(150, chance.pick([1_000, 8_000, 60_000])),
    stallMs: chance.is(0.3) ? chance.between(20, 400) : undefined,
  }
  return { ...noFaults, breaks: chance.is(0.7) ? { back: broken } : { there: broken } }
}
