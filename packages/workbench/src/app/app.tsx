import { ConfigProvider, theme } from 'antd'
import {
  type CSSProperties,
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react'
import { ChatTab } from '../chat/chat-tab.tsx'
import { ConsoleTab } from '../console/console-tab.tsx'
import { en } from '../texts/en.ts'
import { zh } from '../texts/zh.ts'
import { AppContext, useAppContext, useTexts } from './app-context.ts'
import { Header } from './header.tsx'
import { type TabName, tabNames, useLocationHash } from './location-hash.ts'
import { lazyTab, TabBoundary } from './tab-boundary.tsx'
import { palettes, themeConfig } from './theme.ts'
import { ToastArea } from './toast.tsx'
import { usePreferences } from './use-preferences.ts'

// Console and chat come with the page, since it begins with one of them. The charts are as much again.
const MonitorTab = lazyTab(async () => (await import('../monitor/monitor-tab.tsx')).MonitorTab)
const CompareTab = lazyTab(async () => (await import('../compare/compare-tab.tsx')).CompareTab)

/** These go on while another tab is shown: a conversation does not end because one looks at a chart. */
const lastingTabs = new Set<TabName>(['console', 'chat'])

const stillQuery = window.matchMedia('(prefers-reduced-motion: reduce)')

function onStill(listener: () => void): () => void {
  stillQuery.addEventListener('change', listener)
  return () => stillQuery.removeEventListener('change', listener)
}

export function App(): ReactNode {
  const preferences = usePreferences()
  const { language, theme: themeName } = preferences
  const isStill = useSyncExternalStore(onStill, () => stillQuery.matches)
  const texts = language === 'zh' ? zh : en
  const context = useMemo(
    () => ({ texts, language, theme: themeName, palette: palettes[themeName] }),
    [texts, language, themeName],
  )
  const config = useMemo(() => themeConfig(themeName, isStill), [themeName, isStill])
  return (
    <AppContext value={context}>
      <ConfigProvider theme={config} button={{ autoInsertSpace: false }}>
        <Page>
          <ToastArea>
            <Tabs preferences={preferences} />
          </ToastArea>
        </Page>
      </ConfigProvider>
    </AppContext>
  )
}

function Tabs({ preferences }: { preferences: ReturnType<typeof usePreferences> }): ReactNode {
  const texts = useTexts()
  const [location, go] = useLocationHash()
  const { tab } = location
  const [visited, setVisited] = useState<ReadonlySet<TabName>>(new Set([tab]))
  const [room, setRoom] = useState<string>()
  useEffect(() => setVisited(before => (before.has(tab) ? before : new Set([...before, tab]))), [tab])
  useEffect(() => {
    document.title = `${texts.tabs[tab]} · Bothways`
  }, [texts, tab])
  const goToRoom = useCallback(
    (joined: string | undefined) => {
      setRoom(joined)
      if (joined !== undefined) go({ tab: 'chat', room: joined })
    },
    [go],
  )

  const contents: Readonly<Record<TabName, ReactNode>> = {
    console: <ConsoleTab />,
    chat: <ChatTab room={tab === 'chat' ? location.room : room} onRoom={goToRoom} />,
    monitor: <MonitorTab />,
    compare: <CompareTab />,
  }
  const isShown = (name: TabName): boolean => name === tab || (visited.has(name) && lastingTabs.has(name))

  return (
    <>
      <button
        type="button"
        className="skip-link"
        onClick={() => document.getElementById(`panel-${tab}`)?.focus()}
      >
        {texts.app.skip}
      </button>
      <Header
        tab={tab}
        onTab={name => go({ tab: name, room: name === 'chat' ? room : undefined })}
        preferences={preferences}
      />
      <main>
        <h1 className="unseen">Bothways · {texts.tabs[tab]}</h1>
        {tabNames.map(name => (
          <div
            key={name}
            role="tabpanel"
            id={`panel-${name}`}
            aria-labelledby={`tab-${name}`}
            tabIndex={-1}
            className={`tab tab-${name}`}
            hidden={name !== tab}
          >
            {isShown(name) && <TabBoundary>{contents[name]}</TabBoundary>}
          </div>
        ))}
      </main>
    </>
  )
}

/** Hands antd's colours to the style sheets. */
function Page({ children }: { children: ReactNode }): ReactNode {
  const { palette } = useAppContext()
  const { token } = theme.useToken()
  const style = {
    '--background': token.colorBgLayout,
    '--panel': token.colorBgContainer,
    '--raised': token.colorBgElevated,
    '--border': token.colorBorderSecondary,
    '--field-border': token.colorBorder,
    '--hover': token.colorFillTertiary,
    '--selected': token.controlItemBgActive,
    '--text': token.colorText,
    '--received': palette.received,
    '--muted': palette.muted,
    '--placeholder': token.colorTextPlaceholder,
    '--primary': palette.primary,
    '--focus': palette.focus,
    '--danger': palette.danger,
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
