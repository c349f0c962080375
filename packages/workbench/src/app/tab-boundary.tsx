import { Button } from 'antd'
import {
  Component,
  type ComponentType,
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useMemo,
  useState,
} from 'react'
import { useTexts } from './app-context.ts'

interface BoundaryProps {
  readonly children: ReactNode
  onRetry(): void
}

/** An error that one tab throws stays there: the others go on. */
class Boundary extends Component<BoundaryProps, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {}

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    if (!('error' in this.state)) return this.props.children
    return <Failed error={this.state.error} onRetry={this.props.onRetry} />
  }
}

function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }): ReactNode {
  const texts = useTexts().app
  return (
    <div className="panel tab-failed" role="alert">
      <h2>{texts.failed}</h2>
      <p>{texts.failedAdvice}</p>
      <pre className="code muted">{String(error)}</pre>
      <div className="tab-failed-actions">
        <Button type="primary" onClick={onRetry} data-action="retry-tab">
          {texts.tryAgain}
        </Button>
        <Button onClick={() => window.location.reload()}>{texts.reload}</Button>
      </div>
    </div>
  )
}

const longLoadMs = 4_000

/** A wheel; after a while also what may hold the code up. */
function Loading(): ReactNode {
  const texts = useTexts().app
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), longLoadMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div role="status">
      <div className="tab-spin" />
      {isLong && <p className="tab-long">{texts.longLoad}</p>}
    </div>
  )
}

/** Shows why, and offers another attempt, when what is inside throws. */
export function TabBoundary({ children }: { children: ReactNode }): ReactNode {
  const [attempt, setAttempt] = useState(0)
  return (
    <Boundary key={attempt} onRetry={() => setAttempt(attempt + 1)}>
      {children}
    </Boundary>
  )
}

/** A tab whose code is loaded when it is first shown. It may fail to: the server is away, or has a newer page. */
export function lazyTab(load: () => Promise<ComponentType>): ComponentType {
  return function LazyTab(): ReactNode {
    const [attempt, setAttempt] = useState(0)
    // React remembers a failed import: each attempt needs a component of its own.
    // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt is what makes another
    const Tab = useMemo(() => lazy(async () => ({ default: await load() })), [attempt])
    return (
      <Boundary key={attempt} onRetry={() => setAttempt(attempt + 1)}>
        <Suspense fallback={<Loading />}>
          <Tab />
        </Suspense>
      </Boundary>
    )
  }
}
