import type { Topic } from './lines.ts'

/** `error`: clients cannot connect or stay; `warning`: some cannot, or not always; `info`: worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** What one finding says. `{name}` stands for a fact that the rule gives. */
export interface Words {
  readonly title: string
  readonly advice: string
  /** What to find out next, where several causes look the same. */
  readonly question?: string
}

/** One row of the catalogue. */
export interface Entry {
  readonly severity: Severity
  readonly en: Words
  readonly zh: Words
  /** Which exact lines for servers and proxies cure it; they are added to the advice. */
  readonly lines?: Topic
}
