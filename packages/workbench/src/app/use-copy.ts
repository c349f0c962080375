import { useCallback } from 'react'
import { useTexts } from './app-context.ts'
import { useToast } from './toast.tsx'

/** Copies text, and says whether it could. */
export function useCopy(): (text: string) => void {
  const texts = useTexts().app
  const say = useToast()
  return useCallback(
    text => {
      writeClipboard(text).then(
        () => say(texts.copied),
        () => say(texts.copyFailed),
      )
    },
    [say, texts],
  )
}

/** Over plain http from another machine there is no `navigator.clipboard`. */
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  throw new Error('No clipboard in an insecure context.')
}
