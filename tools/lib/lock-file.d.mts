export interface Platform {
  readonly os: string
  readonly cpu: string
  readonly libc?: string
}

export interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  readonly packages: Readonly<Record<string, Locked>>
}

export const platforms: readonly Platform[]
export function readJson(path: string): unknown
export function projectFolders(root: string): string[]
export function workspaceFolders(root: string): string[]
export function isLink(range: string): boolean
export function manifestFolders(root: string): string[]
export function lockDifferences(root: string): string[]
export function isFor(locked: Locked, platform: Platform): boolean
export function nativePackages(lock: Lock): [string, Locked][]
export function missingOptionals(lock: Lock): string[]
