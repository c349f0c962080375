import { App as AntdApp, ConfigProvider, Spin, theme } from 'antd'
import enUs from 'antd/locale/en_US'
import zhCn from 'antd/locale/zh_CN'
import { type CSSProperties, lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react'
import { en } from '../texts/en.ts'
import { zh } from '../texts/zh.ts'
import { AppContext, useAppContext } from './app-context.ts'
import { Header } from './header.tsx'
import type { TabName } from './location-hash.ts'
import { palettes, themeConfig } from './theme.ts'
import { useLocationHash } from './use-location-hash.ts'
import { usePreferences } from './use-preferences.ts'

const ConsoleTab = lazy(async () => ({ default: (await import('../console/console-tab.tsx')).ConsoleTab }))
const ChatTab = lazy(async () => ({ default: (await import('../chat/chat-tab.tsx')).ChatTab }))
const MonitorTab = lazy(async () => ({ default: (await import('../monitor/monitor-tab.tsx')).MonitorTab }))
const CompareTab = lazy(async () => ({ default: (await import('../compare/compare-tab.tsx')).CompareTab }))

/** These go on while another tab is shown: a conversation does not end because one looks at a chart. */
const lastingTabs = new Set<TabName>(['console', 'chat'])

export function App(): ReactNode {
  const preferences = usePreferences()
  const { language, theme: themeName } = preferences
  const [location, go] = useLocationHash()
  const { tab } = location
  const [visited, setVisited] = useState<ReadonlySet<TabName>>(new Set([tab]))
  useEffect(() => setVisited(before => (before.has(tab) ? before : new Set([...before, tab]))), [tab])
  const texts = language === 'zh' ? zh : en
  const context = useMemo(
    () => ({ texts, language, theme: themeName, palette: palettes[themeName] }),
    [texts, language, themeName],
  )
  const config = useMemo(() => themeConfig(themeName), [themeName])

  const contents: Readonly<Record<TabName, () => ReactNode>> = {
    console: () => <ConsoleTab />,
    chat: () => <ChatTab room={location.room} onRoom={room => go({ tab: 'chat', room })} />,
    monitor: () => <MonitorTab />,
    compare: () => <CompareTab />,
  }
  const shown = Object.keys(contents).filter((name): name is TabName => {
    return name === tab || (visited.has(name as TabName) && lastingTabs.has(name as TabName))
  })

  return (
    <AppContext value={context}>
      <ConfigProvider
        theme={config}
        locale={language === 'zh' ? zhCn : enUs}
        button={{ autoInsertSpace: false }}
      >
        <AntdApp component={false}>
          <Page>
            <Header tab={tab} onTab={name => go({ tab: name, room: undefined })} preferences={preferences} />
            {shown.map(name => (
              <main key={name} className={`tab tab-${name}`} hidden={name !== tab}>
                <Suspense fallback={<Spin className="tab-spin" />}>{contents[name]()}</Suspense>
              </main>
            ))}
          </Page>
        </AntdApp>
      </ConfigProvider>
    </AppContext>
  )
}

/** Hands antd's colours to the style sheets. */
function Page({ children }: { children: ReactNode }): ReactNode {
  const { palette } = useAppContext()
  const { token } = theme.useToken()
  const style = {
    '--background': token.colorBgLayout,
    '--panel': token.colorBgContainer,
    '--border': token.colorBorderSecondary,
    '--hover': token.colorFillTertiary,
    '--selected': token.controlItemBgActive,
    '--text': token.colorText,
    '--received': palette.received,
    '--muted': token.colorTextSecondary,
    '--faint': token.colorTextTertiary,
    '--primary': token.colorPrimary,
    '--danger': token.colorError,
    '--success': token.colorSuccess,
    '--warning': token.colorWarning,
    '--code-font': token.fontFamilyCode,
    fontFamily: token.fontFamily,
    fontSize: token.fontSize,
  } as CSSProperties
  return (
    <div className="page" style={style}>
      {children}
    </div>
  )
}
