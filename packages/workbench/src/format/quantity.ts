const byteUnits = ['B', 'KB', 'MB', 'GB', 'TB']

/** 999 B, 1.2 KB, 34 MB: units of 1,024, three digits at most behind a thousand. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1_000 && unit < byteUnits.length - 1) {
    value /= 1_024
    unit++
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${byteUnits[unit]}`
}

/** 0.4 ms, 12 ms, 1.5 s, 20 s */
export function formatMs(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 1_000)} s`
  if (ms >= 1_000) return `${trimZero((ms / 1_000).toFixed(1))} s`
  return ms < 9.95 ? `${trimZero(ms.toFixed(1))} ms` : `${Math.round(ms)} ms`
}

export function formatPercent(share: number): string {
  const percent = share * 100
  return `${percent < 9.95 ? trimZero(percent.toFixed(1)) : Math.round(percent)} %`
}

export function formatRate(perSecond: number): string {
  return perSecond < 9.95 ? trimZero(perSecond.toFixed(1)) : Math.round(perSecond).toLocaleString('en')
}

/** 14:03:07.042, in the reader's time zone. */
export function formatTime(date: number): string {
  const at = new Date(date)
  const pad = (value: number, length = 2): string => String(value).padStart(length, '0')
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`
}

function trimZero(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text
}
