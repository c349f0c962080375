/** Of a SecurityPolicyViolationEvent (CSP Level 3 §5.1) what is used. */
interface Violation {
  readonly blockedURI: string
  readonly disposition: string
}

interface Target {
  addEventListener(type: string, listener: (event: Violation) => void): void
  removeEventListener(type: string, listener: (event: Violation) => void): void
}

/** Tells each URL that the page's Content Security Policy blocks, where there is a page or a worker of one. @returns what ends it */
export function listenForBlockedUrls(listener: (url: string) => void): () => void {
  const type = 'securitypolicyviolation'
  const target = globalThis as Partial<Target>
  const hear = (event: Violation) => {
    if (event.disposition === 'enforce') listener(event.blockedURI)
  }
  target.addEventListener?.(type, hear)
  return () => target.removeEventListener?.(type, hear)
}
