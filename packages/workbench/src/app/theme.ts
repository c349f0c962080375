import { theme as antdTheme, type ThemeConfig } from 'antd'
import type { ThemeName } from './preferences.ts'

const fontFamily =
  'system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif'
const fontFamilyCode =
  'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Sarasa Mono SC", monospace'

/** @param isStill nothing moves: the reader asked for reduced motion */
export function themeConfig(name: ThemeName, isStill: boolean): ThemeConfig {
  const isDark = name === 'dark'
  const { muted, focus, danger, primary } = palettes[name]
  return {
    algorithm: isDark ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
    token: {
      colorPrimary: isDark ? '#2aa89c' : '#0f766e',
      colorInfo: isDark ? '#4c8dd6' : '#2563a8',
      colorBgLayout: isDark ? '#0f1416' : '#f4f6f6',
      colorBgContainer: isDark ? '#171d20' : '#ffffff',
      colorBgElevated: isDark ? '#1e2529' : '#ffffff',
      // The outline of the element that has the focus: WCAG 2.2 §1.4.11 asks for 3:1, text for 4.5:1 (§1.4.3).
      colorPrimaryBorder: focus,
      colorTextSecondary: muted,
      colorTextTertiary: muted,
      colorTextPlaceholder: isDark ? '#8d999b' : '#697375',
      colorErrorText: danger,
      colorLink: primary,
      borderRadius: 6,
      fontSize: 14,
      fontFamily,
      fontFamilyCode,
      motion: !isStill,
    },
    components: {
      Button: {
        ...(isDark && {
          colorPrimary: '#0f766e',
          colorPrimaryHover: '#13807a',
          colorPrimaryActive: '#0c5f59',
        }),
      },
    },
  }
}

/** The colours of what antd does not draw. */
export interface Palette {
  readonly sent: string
  readonly received: string
  readonly primary: string
  readonly muted: string
  readonly focus: string
  readonly danger: string
  readonly grid: string
  readonly axis: string
  /** For lines in charts, and the four ways to compare in their order. */
  readonly lines: readonly [string, string, string, string]
}

export const palettes: Readonly<Record<ThemeName, Palette>> = {
  light: {
    sent: '#0f766e',
    received: '#6d3fc0',
    primary: '#0f766e',
    muted: '#566163',
    focus: '#0f766e',
    danger: '#b42318',
    grid: '#e6eaea',
    axis: '#5b6769',
    lines: ['#c2410c', '#a16207', '#6d3fc0', '#0f766e'],
  },
  dark: {
    sent: '#2dd4bf',
    received: '#b79bf5',
    primary: '#2dd4bf',
    muted: '#a3afb1',
    focus: '#5eead4',
    danger: '#ff8f87',
    grid: '#2a3236',
    axis: '#94a3a6',
    lines: ['#fb8a4c', '#e3b341', '#b79bf5', '#2dd4bf'],
  },
}
