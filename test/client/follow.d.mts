import type { Client } from '@bothways/client'
import type { Entry, Seen } from '../chaos/verify.mjs'

export const topics: readonly string[]

export interface Follower {
  ready(): Promise<void>
  begin(): void
  stop(): Promise<{ acknowledged: Entry[]; failures: string[] }>
  hasSeen(topic: string, position: string | undefined): boolean
  seen(): Record<string, Seen[]>
  state(): string[]
}

export function follow(client: Client, who: string, pauseMs: number): Follower
