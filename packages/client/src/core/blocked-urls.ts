import { listenTo, type Target } from './environment.ts'

/** The part used of a SecurityPolicyViolationEvent (CSP Level 3 §5.1). */
interface Violation {
  readonly blockedURI: string
  readonly disposition: string
}

/** Tells each URL that the page's Content Security Policy blocks, in a page or a worker of one. @returns a function that ends it */
export function listenForBlockedUrls(listener: (url: string) => void): () => void {
  const hear = ({ disposition, blockedURI }: Violation) => {
    if (disposition === 'enforce') listener(blockedURI)
  }
  return listenTo([[globalThis as Partial<Target>, 'securitypolicyviolation', hear]])
}
