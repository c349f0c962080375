const named = [
  1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
] as const

export type CloseCodeMeaning =
  | (typeof named)[number]
  | 'unassigned'
  | 'registered'
  | 'application'
  | 'invalid'

/** Which text explains a close code (RFC 6455 §7.4, and the IANA registry for 1012 to 1014). */
export function closeCodeMeaning(code: number): CloseCodeMeaning {
  const known = named.find(it => it === code)
  if (known !== undefined) return known
  if (code >= 1016 && code <= 2999) return 'unassigned'
  if (code >= 3000 && code <= 3999) return 'registered'
  if (code >= 4000 && code <= 4999) return 'application'
  return 'invalid'
}
