import { BothwaysProvider } from '@bothways/react'
import type { ReactNode } from 'react'
import { serverUrl } from './server-url.ts'

/** Gives what is in it a client for the topics at a path of the page's own server. */
export function PageTopics({ path, children }: { path: string; children: ReactNode }): ReactNode {
  return <BothwaysProvider url={serverUrl(path).href}>{children}</BothwaysProvider>
}
