/** Letters of scripts that are written from right to left: Hebrew to Arabic Extended, and their presentation forms. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

/**
 * The direction of a text, by its first letter, as `dir="auto"` has it: but that reads the whole text at each change,
 * which takes seconds for one of a megabyte without letters.
 */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const first = /\p{L}/u.exec(text.slice(0, 1_000))?.[0] ?? ''
  return rightToLeft.test(first) ? 'rtl' : 'ltr'
}
