export interface Deploy {
  readonly broker: string
  readonly clientCount: number
  /** In how many processes the clients are. */
  readonly processCount: number
  readonly spreadMs: number
  /** Between two publications. */
  readonly pauseMs: number
}

export function runDeploy(deploy: Deploy): Promise<{
  readonly publicationCount: number
  readonly wrong: readonly string[]
  readonly gapCount: number
  readonly tries: readonly { readonly atMs: number; readonly code: string | undefined }[]
  readonly arrivalsMs: readonly number[]
  readonly longestTurnMs: { readonly old: number; readonly replacement: number }
}>
