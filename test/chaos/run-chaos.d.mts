export interface ChaosOptions {
  readonly broker: string
  readonly seed: number
  readonly servers?: number
  readonly kills: number
  readonly subscribers?: number
  restartBroker?(): Promise<void>
  readonly deadlineMs: number
}

export function runChaos(options: ChaosOptions): Promise<{
  readonly wrong: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}>
