import type { Language, Words } from '../language.ts'
import { WrongUse } from '../wrong-use.ts'
import { type Draft, type Finding, wordFinding } from './catalogue/draft.ts'
import { makeReport, renderReport, type Work } from './report.ts'

/** The option by which all commands of the doctor print JSON. */
export const jsonOption = {
  json: {
    type: 'boolean',
    says: { en: 'print the findings as one JSON object', zh: '把诊断结果打印为一个 JSON 对象' },
  },
} as const

export function word(
  drafts: readonly Draft[],
  language: Language,
  products: Parameters<typeof wordFinding>[2],
): Finding[] {
  return drafts.map(draft => wordFinding(draft, language, products))
}

/** Prints what was found. @returns the exit code: 0 healthy, 1 a problem was found */
export function print(
  url: string,
  findings: readonly Finding[],
  language: Language,
  asJson: boolean,
  work: Work | undefined,
): number {
  const report = makeReport(url, findings)
  process.stdout.write(asJson ? `${JSON.stringify(report)}\n` : renderReport(report, language, work))
  return report.ok ? 0 : 1
}

/** @throws WrongUse for less or more than one word */
export function onlyWord(words: readonly string[], wanted: Words): string {
  const [word, ...rest] = words
  if (word === undefined)
    throw new WrongUse({ en: `doctor takes ${wanted.en}.`, zh: `doctor 的参数是${wanted.zh}。` })
  if (rest.length > 0) {
    throw new WrongUse({
      en: `doctor takes ${wanted.en}, got also '${rest[0]}'.`,
      zh: `doctor 的参数是${wanted.zh}，还收到“${rest[0]}”。`,
    })
  }
  return word
}
