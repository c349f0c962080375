import type { SystemPrograms } from './system-programs.mjs'

export interface Need {
  readonly packages: readonly string[]
  check(programs: SystemPrograms): Promise<string | undefined>
}
export interface Missing {
  readonly packages: readonly string[]
  readonly message: string
}
export const compiler: readonly Need[]
export const neededByTests: readonly Need[]
export function requireSystemPackages(needs: readonly Need[]): Promise<void>
export function findMissing(needs: readonly Need[], programs?: SystemPrograms): Promise<Missing | undefined>
