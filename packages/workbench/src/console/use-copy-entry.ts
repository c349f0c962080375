import { App } from 'antd'
import { useTexts } from '../app/app-context.ts'
import { formatHex } from '../format/hex.ts'
import type { LogEntry } from './log-entry.ts'

/** Copies text as it is, bytes as hex digits. */
export function useCopyEntry(): (entry: LogEntry) => void {
  const texts = useTexts().console.log
  const { message } = App.useApp()
  return ({ data }) => {
    const text = typeof data === 'string' ? data : formatHex(data)
    writeClipboard(text).then(
      () => message.success(texts.copied),
      () => message.error(texts.copyFailed),
    )
  }
}

/** Over plain http from another machine there is no `navigator.clipboard`. */
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  throw new Error('No clipboard in an insecure context.')
}
