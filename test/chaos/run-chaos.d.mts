export interface ChaosOptions {
  readonly broker: string
  readonly directBroker?: string
  readonly seed: number
  readonly servers?: number
  readonly kills: number
  readonly subscribers?: number
  restartBroker?(): Promise<void>
  readonly withPresence?: boolean
  readonly deadlineMs: number
}

export function runChaos(options: ChaosOptions): Promise<{
  readonly wrong: readonly string[]
  readonly counts: Readonly<Record<string, number>>
  /** How long it took until members were right, each time. */
  readonly presenceSeconds: readonly number[]
}>
