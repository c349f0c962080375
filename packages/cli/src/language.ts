/** The languages that the command line speaks. */
export type Language = 'en' | 'zh'

/** A sentence in each language. */
export type Words = Readonly<Record<Language, string>>

/** The locale as POSIX orders its variables: the first that is set and not empty decides. */
export function localeLanguage(environment: NodeJS.ProcessEnv): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = environment
  return languageIn(LC_ALL || LC_MESSAGES || LANG || '') ?? 'en'
}

/** The language of a tag such as `zh`, `zh-CN` or `zh_CN.UTF-8`; undefined for one that is not spoken here. */
export function languageIn(tag: string): Language | undefined {
  const [, code] = /^([a-z]+)(?:$|[-_.@])/.exec(tag.trim().toLowerCase()) ?? []
  return code === 'en' || code === 'zh' ? code : undefined
}
