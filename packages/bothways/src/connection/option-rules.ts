import { checkOptionNames, invalidOption, whole } from './option-checks.ts'

/** Makes the setting of an option: its default filled in, its value checked. */
type OptionRule<Options, Name, Value> = (options: Options, name: Name) => Value

/** The one place where each option of a kind stands, besides its type. */
export type OptionRules<Options, Settings> = {
  readonly [Name in keyof Settings]-?: OptionRule<Options, Name, Settings[Name]>
}

/**
 * Refuses options that are not in the table, checks the others, and fills in the defaults.
 *
 * @param what whose options they are, as errors say
 * @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION`
 */
export function resolveOptions<Options extends object, Settings>(
  what: string,
  options: Options,
  rules: OptionRules<Options, Settings>,
): Settings {
  checkOptionNames<object>(what, options, rules)
  return applyRules(options, rules)
}

/** @throws UsageError `BW_INVALID_OPTION` */
export function applyRules<Options, Settings>(
  options: Options,
  rules: OptionRules<Options, Settings>,
): Settings {
  const settings: Partial<Settings> = {}
  for (const name of Object.keys(rules) as (keyof Settings)[]) settings[name] = rules[name](options, name)
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

export function yesOrNo<Options>(byDefault: boolean): OptionRule<Options, keyof Options & string, boolean> {
  return (options, name) => {
    const value: unknown = options[name]
    if (value === undefined || typeof value === 'boolean') return value ?? byDefault
    throw invalidOption(name, 'true or false', value)
  }
}

/** A function of the program, or none; it is called with the options as `this`. */
export function aFunction<Options, Name extends keyof Options & string>(
  options: Options,
  name: Name,
): Options[Name] {
  const value: unknown = options[name]
  if (value === undefined) return value as Options[Name]
  if (typeof value === 'function') return value.bind(options)
  throw invalidOption(name, 'a function', value)
}
