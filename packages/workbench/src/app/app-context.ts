import { createContext, useContext } from 'react'
import { en } from '../texts/en.ts'
import type { Texts } from '../texts/texts.ts'
import type { Language, ThemeName } from './preferences.ts'
import { type Palette, palettes } from './theme.ts'

export interface AppContextValue {
  readonly texts: Texts
  readonly language: Language
  readonly theme: ThemeName
  readonly palette: Palette
}

export const AppContext = createContext<AppContextValue>({
  texts: en,
  language: 'en',
  theme: 'light',
  palette: palettes.light,
})

export function useTexts(): Texts {
  return useContext(AppContext).texts
}

export function useAppContext(): AppContextValue {
  return useContext(AppContext)
}
