export interface Mutation {
  /** The fault that it makes, as a sentence. */
  readonly title: string
  /** From the repository's root. */
  readonly file: string
  readonly from: string
  readonly to: string
}

export const mutations: readonly Mutation[]
