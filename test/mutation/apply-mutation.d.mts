import type { Mutation } from './mutations.d.mts'

export function applyMutation(source: string, mutation: Mutation): string
