import type { Language, Words } from '../language.ts'

/** The completions that the shell offers: names of files, or one of these. */
export type Completion = 'file' | readonly string[]

/** One option: what the parser, the help, the reference page and the shell's completion know about it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: true
  readonly default?: string
  /** Its names in other commands and tools: a user who types one of them is told of this one. */
  readonly elsewhere?: readonly string[]
  /** The placeholder of the value in the help, such as `PORT`; for strings only. */
  readonly value?: string
  /** Its description; names of options and the like stand in backticks. */
  readonly says: Words
  /** The value that holds without it, where that is not {@link default}. */
  readonly without?: Words
  readonly completion?: Completion
}

/** An option that always has a value. */
export interface OptionWithDefault extends Omit<Option, 'multiple'> {
  readonly type: 'string'
  readonly default: string
}

/** By their names, in the order of the help. */
export type OptionTable = Readonly<Record<string, Option>>

/** One command: its arguments, and the contents of its help. */
export interface Command {
  /** `doctor explain` is a command of its own. */
  readonly name: string
  /** The words behind the name besides options, such as `URL`; empty: none. */
  readonly words: string
  readonly says: Words
  readonly options: OptionTable
  /** The completions that the shell offers for a word. */
  readonly completion?: Completion
  /** Paragraphs below the options. */
  readonly notes: Readonly<Record<Language, readonly string[]>>
  readonly examples: readonly string[]
}

/** The options that every command takes. */
export const everywhere = {
  lang: {
    type: 'string',
    value: 'en|zh',
    completion: ['en', 'zh'],
    says: { en: 'the language of what is printed', zh: '输出所用的语言' },
    without: {
      en: 'the locale’s (LC_ALL, LC_MESSAGES, LANG)',
      zh: '取自区域设置（LC_ALL、LC_MESSAGES、LANG）',
    },
  },
  help: { type: 'boolean', short: 'h', says: { en: 'print this help', zh: '显示这份帮助' } },
} as const
