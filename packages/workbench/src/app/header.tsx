import { MoonOutlined, SunOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { useTexts } from './app-context.ts'
import type { TabName } from './location-hash.ts'
import { TabList } from './tab-list.tsx'
import type { Preferences } from './use-preferences.ts'

export interface HeaderProps {
  readonly tab: TabName
  onTab(tab: TabName): void
  readonly preferences: Preferences
}

export function Header({ tab, onTab, preferences }: HeaderProps): ReactNode {
  const texts = useTexts()
  const { language, theme, setLanguage, setTheme } = preferences
  const isDark = theme === 'dark'
  const themeLabel = isDark ? texts.app.toLight : texts.app.toDark
  return (
    <header className="header">
      <a className="brand" href="#console">
        <img src="favicon.svg" alt="" width={26} height={26} />
        <span>Bothways</span>
      </a>
      <TabList tab={tab} onTab={onTab} />
      <div className="header-switches">
        <Button
          type="text"
          lang={language === 'zh' ? 'en' : 'zh-CN'}
          onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}
        >
          {language === 'zh' ? 'English' : '中文'}
        </Button>
        <Button
          type="text"
          aria-label={themeLabel}
          title={themeLabel}
          icon={isDark ? <SunOutlined aria-hidden /> : <MoonOutlined aria-hidden />}
          onClick={() => setTheme(isDark ? 'light' : 'dark')}
        />
      </div>
    </header>
  )
}
