import type { Language } from '../../language.ts'
import type { FindingCode } from '../catalogue/draft.ts'

/** One text that users see, and the findings that it may mean. */
export interface KnownText {
  readonly pattern: RegExp
  /** The likeliest first. */
  readonly codes: readonly FindingCode[]
  /** The question that tells the causes apart. */
  readonly question?: Readonly<Record<Language, string>>
}
