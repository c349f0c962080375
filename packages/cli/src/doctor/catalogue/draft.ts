import type { Language } from '../../language.ts'
import { catalogueAccepted } from './catalogue-accepted.ts'
import { catalogueAnswer } from './catalogue-answer.ts'
import { catalogueBefore } from './catalogue-before.ts'
import { catalogueBehind } from './catalogue-behind.ts'
import { catalogueKnown } from './catalogue-known.ts'
import { catalogueOpen } from './catalogue-open.ts'
import { cataloguePasted } from './catalogue-pasted.ts'
import { catalogueProxy } from './catalogue-proxy.ts'
import type { Topic } from './lines.ts'
import { linesFor, type Product } from './lines.ts'

/** `error`: clients cannot connect or stay; `warning`: some cannot, or not always; `info`: worth knowing. */
export type Severity = 'error' | 'warning' | 'info'

/** The words of one finding. `{name}` stands for a fact that the rule gives. */
export interface Words {
  readonly title: string
  readonly advice: string
  /** The question to answer next, where several causes look the same. */
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

type Catalogue = typeof catalogueBefore &
  typeof catalogueAnswer &
  typeof catalogueProxy &
  typeof catalogueKnown &
  typeof catalogueAccepted &
  typeof catalogueOpen &
  typeof catalogueBehind &
  typeof cataloguePasted

export type FindingCode = keyof Catalogue

/** All that the doctor can find, by its code. */
export const catalogue: Readonly<Record<FindingCode, Entry>> = {
  ...catalogueBefore,
  ...catalogueAnswer,
  ...catalogueProxy,
  ...catalogueKnown,
  ...catalogueAccepted,
  ...catalogueOpen,
  ...catalogueBehind,
  ...cataloguePasted,
}

/** A fact that is a sentence says it in each language. */
export type Facts = Readonly<Record<string, string | number | Readonly<Record<Language, string>>>>

/** Facts that are an addition, and empty where nothing is known to add. */
export const nothingToAdd: Facts = {
  also: '',
  found: '',
  reason: '',
  says: '',
  after: '',
  proxy: '',
  habit: '',
  scheme: '',
  allow: '',
  how: '',
}

/** A finding before it has a language. */
export interface Draft {
  readonly code: FindingCode
  readonly facts: Facts
  /** The bytes, the pair of answers, the times that prove it. */
  readonly evidence: readonly string[]
  /** Where it differs from the catalogue's. */
  readonly severity: Severity
}

/** A finding as it is shown and printed as JSON. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly title: string
  readonly evidence: readonly string[]
  readonly advice: string
  /** The question to answer next, where there are several causes. */
  readonly question?: string
}

export function draft(
  code: FindingCode,
  facts: Facts,
  evidence: readonly string[],
  severity?: Severity,
): Draft {
  return { code, facts, evidence, severity: severity ?? catalogue[code].severity }
}

/** Puts a draft into words, with the lines for the products that were seen on the way. */
export function wordFinding(
  { code, facts, evidence, severity }: Draft,
  language: Language,
  recognised: readonly Product[] = [],
): Finding {
  const entry: Entry = catalogue[code]
  const words = entry[language]
  const lines = entry.lines === undefined ? '' : `\n${linesFor(entry.lines, language, recognised)}`
  return {
    code,
    severity,
    title: fill(words.title, facts, language),
    evidence,
    advice: fill(`${words.advice}${lines}`, facts, language).trim(),
    ...(words.question !== undefined && { question: fill(words.question, facts, language).trim() }),
  }
}

/** A fact that is not known, as from a pasted text, is left out. */
function fill(text: string, facts: Facts, language: Language): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const fact = facts[name]
    return fact === undefined ? '…' : typeof fact === 'object' ? fact[language] : String(fact)
  })
}

/** Makes the one finding of a refusal, with all pairs of requests and answers as its evidence. */
export type Make = (code: FindingCode, facts?: Facts, more?: readonly string[]) => Draft[]
