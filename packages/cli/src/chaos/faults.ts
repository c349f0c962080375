/** The faults that a chaos proxy gives its connections. */
export interface Faults {
  /** Each piece of data comes so much later, in ms, give or take `jitterMs`; the order stays. */
  readonly latencyMs: number
  readonly jitterMs: number
  /** A connection is cut after about so long, in ms: between half of it and one and a half; 0: never. */
  readonly killEveryMs: number
  /** The share of connections, from 0 to 1, that go silent within ten seconds, open at both ends. */
  readonly halfOpenShare: number
  /** Upgrades lose the headers that make them one, as behind a proxy that does not know WebSocket. */
  readonly stripsUpgrade: boolean
  /** Bytes in a second, in each direction of each connection; 0: no bound. */
  readonly bytesPerSecond: number
}

/** A latency, as `200` or `200±80`, in ms; undefined for anything else. */
export function readLatency(text: string): Pick<Faults, 'latencyMs' | 'jitterMs'> | undefined {
  const [, latency, jitter = '0'] = /^(\d{1,6})(?:ms)?(?:(?:±|\+-)(\d{1,6})(?:ms)?)?$/.exec(text) ?? []
  return latency === undefined ? undefined : { latencyMs: Number(latency), jitterMs: Number(jitter) }
}

/** A time, as `500ms`, `20s` or `2m`, in ms; undefined for anything else. */
export function readTime(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d{1,6}(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? []
  const sizes: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }
  return number === undefined ? undefined : Number(number) * (sizes[unit] as number)
}

/** A share, as `5%`, from 0 to 1; undefined for anything else. */
export function readShare(text: string): number | undefined {
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1]
  return percent === undefined || Number(percent) > 100 ? undefined : Number(percent) / 100
}

/** A rate, as `10kB/s`, in bytes a second; undefined for anything else. */
export function readRate(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d{1,9})(k|M)?B\/s$/.exec(text) ?? []
  const sizes: Readonly<Record<string, number>> = { '': 1, k: 1_000, M: 1_000_000 }
  return number === undefined || Number(number) === 0 ? undefined : Number(number) * (sizes[unit] as number)
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Where one direction of a connection breaks. */
export interface Break {
  /** Behind so many bytes, in the middle of whatever they are. */
  readonly afterBytes: number
  /** It stands still for so long, in ms; undefined: the connection is cut. */
  readonly stallMs?: number | undefined
}

/** The faults that one connection gets. */
export interface Fate extends Pick<Faults, 'stripsUpgrade' | 'bytesPerSecond'> {
  /** When it is cut, in ms after it opened; undefined: never. */
  readonly killAfterMs: number | undefined
  /** When it goes silent, in ms after it opened; undefined: never. */
  readonly freezeAfterMs: number | undefined
  /** Of the next piece of data, in ms. */
  latency(): number
  /** On the way to the server, and on the way back. */
  readonly breaks?: { readonly there?: Break | undefined; readonly back?: Break | undefined }
}

const longestUntilFreezeMs = 10_000

/** The fate of each connection by its number: the same for the same seed, whatever becomes of others. */
export function fatesOf(faults: Faults, seed: number): (connection: number) => Fate {
  return connection => fateOf(faults, seededRandom(seed + Math.imul(connection, 0x9e3779b1)))
}

function fateOf(faults: Faults, random: () => number): Fate {
  const { killEveryMs, halfOpenShare, latencyMs, jitterMs, stripsUpgrade, bytesPerSecond } = faults
  const kill = random()
  const isHalfOpen = random() < halfOpenShare
  const freeze = random()
  return {
    stripsUpgrade,
    bytesPerSecond,
    killAfterMs: killEveryMs === 0 ? undefined : killEveryMs * (0.5 + kill),
    freezeAfterMs: isHalfOpen ? longestUntilFreezeMs * freeze : undefined,
    latency: () => Math.max(0, latencyMs + jitterMs * (2 * random() - 1)),
  }
}
