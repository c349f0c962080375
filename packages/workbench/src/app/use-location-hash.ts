import { useSyncExternalStore } from 'react'
import { formatHash, type PageLocation, parseHash } from './location-hash.ts'

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
