import type { ConnectionState } from '@bothways/client'
import { Button } from 'antd'
import { type ReactNode, useEffect, useState } from 'react'
import { useTexts } from '../app/app-context.ts'

export interface ConnectionStatusProps {
  readonly connection: ConnectionState
  onRetry?(): void
}

/** A dot and words; while waiting for the next attempt also how long, and a way to skip it. */
export function ConnectionStatus({ connection, onRetry }: ConnectionStatusProps): ReactNode {
  const texts = useTexts().connection
  const { status, reason, nextTryAt } = connection
  const isWaiting = status === 'waiting'
  const seconds = useSecondsUntil(isWaiting ? nextTryAt : undefined)
  return (
    <span className="connection-status" data-status={status}>
      <span className={`dot dot-${status}`} />
      <span>
        <span role="status">{isWaiting && reason?.code === 'busy' ? texts.full : texts[status]}</span>
        {isWaiting && texts.nextAttempt(seconds)}
      </span>
      {status !== 'open' && status !== 'connecting' && onRetry && (
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
