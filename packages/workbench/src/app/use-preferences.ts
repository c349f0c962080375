import { useEffect, useState, useSyncExternalStore } from 'react'
import { type Language, preferredLanguage, type ThemeName } from './preferences.ts'
import { readStored, writeStored } from './stored.ts'

export interface Preferences {
  readonly language: Language
  readonly theme: ThemeName
  setLanguage(language: Language): void
  setTheme(theme: ThemeName): void
}

const darkQuery = window.matchMedia('(prefers-color-scheme: dark)')

function onSystemTheme(listener: () => void): () => void {
  darkQuery.addEventListener('change', listener)
  return () => darkQuery.removeEventListener('change', listener)
}

/** Language and theme: the reader's earlier choice here, else the browser's preference. */
export function usePreferences(): Preferences {
  const isSystemDark = useSyncExternalStore(onSystemTheme, () => darkQuery.matches)
  const [chosenLanguage, setLanguage] = useStored('language', ['en', 'zh'] as const)
  const [chosenTheme, setTheme] = useStored('theme', ['light', 'dark'] as const)
  const language = chosenLanguage ?? preferredLanguage(navigator.languages)
  const theme = chosenTheme ?? (isSystemDark ? 'dark' : 'light')
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
    document.documentElement.style.colorScheme = theme
  }, [language, theme])
  return { language, theme, setLanguage, setTheme }
}

function useStored<Value extends string>(
  name: string,
  values: readonly Value[],
): [Value | undefined, (value: Value) => void] {
  const [value, setValue] = useState(() => values.find(it => it === readStored(name)))
  return [
    value,
    next => {
      setValue(next)
      writeStored(name, next)
    },
  ]
}
