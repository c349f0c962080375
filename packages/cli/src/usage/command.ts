import type { Language, Words } from '../language.ts'

/** What the shell offers as a value: names of files, or one of these. */
export type Completion = 'file' | readonly string[]

/** One option: what the parser, the help, the reference page and the shell's completion know about it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: true
  readonly default?: string
  /** What other commands and tools call it: whoever writes that is told of this one. */
  readonly elsewhere?: readonly string[]
  /** What stands for the value in the help, such as `PORT`; for strings only. */
  readonly value?: string
  /** What it does; names of options and the like stand in backticks. */
  readonly says: Words
  /** What holds without it, where that is not {@link default}. */
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

/** One command: what it is called with, and what its help says. */
export interface Command {
  /** `doctor explain` is a command of its own. */
  readonly name: string
  /** What stands behind the name besides options, such as `URL`; empty: nothing. */
  readonly words: string
  readonly says: Words
  readonly options: OptionTable
  /** What the shell offers as a word. */
  readonly completion?: Completion
  /** Paragraphs below the options. */
  readonly notes: Readonly<Record<Language, readonly string[]>>
  readonly examples: readonly string[]
}

/** What every command takes. */
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
