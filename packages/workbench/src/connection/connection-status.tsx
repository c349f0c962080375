import { Button } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { PageSocketStatus } from './page-socket.ts'

export interface ConnectionStatusProps {
  readonly status: PageSocketStatus
  onRetry?(): void
}

/** A dot and words; while waiting for the next attempt also how long, and a way to skip it. */
export function ConnectionStatus({ status, onRetry }: ConnectionStatusProps): ReactNode {
  const texts = useTexts().connection
  const seconds = useSecondsUntil(status.name === 'waiting' ? status.retryAt : undefined)
  return (
    <span className="connection-status" data-status={status.name}>
      <span className={`dot dot-${status.name}`} />
      <span>
        <span role="status">
          {status.name === 'waiting' && status.isFull ? texts.full : texts[status.name]}
        </span>
        {status.name === 'waiting' && texts.nextAttempt(seconds)}
      </span>
      {status.name === 'waiting' && onRetry && (
        <Button size="small" type="link" onClick={onRetry}>
          {texts.retryNow}
        </Button>
      )}
    </span>
  )
}

function useSecondsUntil(date: number | undefined): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (date === undefined) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(timer)
  }, [date])
  return date === undefined ? 0 : Math.max(0, Math.ceil((date - now) / 1_000))
}
