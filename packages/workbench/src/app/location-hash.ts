import { useSyncExternalStore } from 'react'
export const tabNames = ['console', 'chat', 'monitor', 'compare'] as const
export type TabName = (typeof tabNames)[number]

/** The part of the address behind `#`: a tab, and for the chat a room. */
export interface PageLocation {
  readonly tab: TabName
  readonly room: string | undefined
}

/** `#chat/lobby` → chat, lobby; a room may have slashes. Anything unknown is the console. */
export function parseHash(hash: string): PageLocation {
  const [, name = '', room = ''] = /^#?([^/]*)\/?(.*)$/s.exec(hash) ?? []
  const tab = tabNames.find(it => it === name) ?? 'console'
  return { tab, room: room === '' ? undefined : decode(room) }
}

export function formatHash({ tab, room }: PageLocation): string {
  return room === undefined ? `#${tab}` : `#${tab}/${encodeURIComponent(room)}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function onHashChange(listener: () => void): () => void {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

export function useLocationHash(): [PageLocation, (location: PageLocation) => void] {
  const hash = useSyncExternalStore(onHashChange, () => window.location.hash)
  return [parseHash(hash), go]
}

function go(location: PageLocation): void {
  const hash = formatHash(location)
  if (window.location.hash !== hash) window.location.hash = hash
}
