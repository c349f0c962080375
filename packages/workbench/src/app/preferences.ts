export type Language = 'en' | 'zh'
export type ThemeName = 'light' | 'dark'

/** The first language of the list that the page speaks; English when it speaks none. */
export function preferredLanguage(languages: readonly string[]): Language {
  for (const language of languages) {
    const [primary] = language.toLowerCase().split('-')
    if (primary === 'zh' || primary === 'en') return primary
  }
  return 'en'
}
