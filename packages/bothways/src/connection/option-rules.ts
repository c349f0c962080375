import { invalidOption, whole } from './option-checks.ts'

/** What an option becomes: its default filled in, its value checked. */
type OptionRule<Options, Name, Value> = (options: Options, name: Name, isServer: boolean) => Value

/** The one place where each option of a kind stands, besides its type. */
export type OptionRules<Options, Settings> = {
  readonly [Name in keyof Settings]-?: OptionRule<Options, Name, Settings[Name]>
}

/** @throws UsageError `BW_INVALID_OPTION` */
export function resolveOptions<Options, Settings>(
  options: Options,
  rules: OptionRules<Options, Settings>,
  isServer: boolean,
): Settings {
  const settings: Partial<Settings> = {}
  for (const name of Object.keys(rules) as (keyof Settings)[])
    settings[name] = rules[name](options, name, isServer)
  return settings as Settings
}

/** A whole number from `lowest` to `highest`. */
export function wholeNumber<Options extends object>(
  byDefault: number,
  lowest = 0,
  highest: number = Number.MAX_SAFE_INTEGER,
): OptionRule<Options, keyof Options & string, number> {
  return (options, name) => whole(options, name, byDefault, lowest, highest)
}

/** One of these words; the first is the default. */
export function oneOf<Options, Word extends string>(
  first: Word,
  second: Word,
): OptionRule<Options, keyof Options & string, Word> {
  return (options, name) => {
    const value: unknown = options[name]
    if (value === undefined) return first
    if (value === first || value === second) return value as Word
    throw invalidOption(name, `'${first}' or '${second}'`, value)
  }
}
