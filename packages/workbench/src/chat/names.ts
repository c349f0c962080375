import { skeletonOf } from './look-alike.ts'

/** Of names and rooms, and of a message, in UTF-16 code units. */
export const longestName = 40
export const longestText = 2_000

/**
 * Characters that cannot be seen in a name, or that turn around those beside them (Unicode Cc and Cf, the joiners and the
 * overrides of direction among them; Zl, Zp, variation selectors, fillers). Left out of names and rooms: two that look
 * alike are one.
 */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Variation_Selector}\u115f\u1160\u3164\uffa0]/gu

/** The visible part of a name, whatever the value is; '' for a value that is no name. */
export function visibleName(name: unknown): string {
  if (typeof name !== 'string') return ''
  const text = name
    .slice(0, 4 * longestName)
    .replaceAll(unseen, '')
    .trim()
    .normalize('NFC')
  // No half of a surrogate pair at the end.
  return text.slice(0, longestName).replace(/[\ud800-\udbff]$/, '')
}

/** Whether readers take one name for the other. */
export function isSameName(one: string, other: string): boolean {
  return skeletonOf(one) === skeletonOf(other)
}
