import { memo, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useAppContext, useTexts } from '../app/app-context.ts'
import type { ChatItem, PendingMessage } from './chat-state.ts'

/** A reader of the newest messages has so many in the document; one who scrolls up has all. */
const shownAtEnd = 100

export interface ChatMessagesProps {
  readonly items: readonly ChatItem[]
  readonly ownId: string
  readonly pending: readonly PendingMessage[]
  /** Whether there is no connection: pending messages wait for it. */
  readonly isWaiting: boolean
}

export const ChatMessages = memo(function ChatMessages(props: ChatMessagesProps): ReactNode {
  const { items, ownId, pending, isWaiting } = props
  const texts = useTexts().chat
  const list = useRef<HTMLOListElement>(null)
  const isAtEnd = useStickToEnd(list, items.at(-1)?.key, pending.length)
  const shown = isAtEnd ? items.slice(-shownAtEnd) : items

  const firstNew = items.find(it => it.kind !== 'message' || !it.isEarlier)?.key
  const hasEarlier = items[0]?.kind === 'message' && items[0].isEarlier
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <ol ref={list} className="chat-messages" aria-live="polite" aria-label={texts.conversation} tabIndex={0}>
      {items.length === 0 && pending.length === 0 && <li className="chat-line">{texts.noMessages}</li>}
      {hasEarlier && <li className="chat-line">{texts.earlier}</li>}
      {shown.map(item => (
        <ChatItemView
          key={item.key}
          item={item}
          isOwn={item.kind === 'message' && item.message.from === ownId}
          isFirstNew={hasEarlier && item.key === firstNew}
        />
      ))}
      {pending.map(({ id, text }) => (
        <li key={id} className="chat-message chat-own chat-pending" data-pending>
          <p className="chat-meta">{isWaiting ? texts.waitsForConnection : texts.sending}</p>
          <p className="chat-text" dir="auto">
            {text}
          </p>
        </li>
      ))}
    </ol>
  )
})

const clock = (locale: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const clocks = { en: clock('en-GB'), zh: clock('zh-CN') }

interface ChatItemViewProps {
  readonly item: ChatItem
  readonly isOwn: boolean
  readonly isFirstNew: boolean
}

const ChatItemView = memo(function ChatItemView({ item, isOwn, isFirstNew }: ChatItemViewProps): ReactNode {
  const { texts, language } = useAppContext()
  const className = isFirstNew ? 'chat-first-new' : ''
  if (item.kind === 'gap') return <li className={`chat-line ${className}`}>{texts.chat.gap}</li>
  if (item.kind !== 'message') {
    const [before, after] = texts.chat[item.kind]('\0').split('\0')
    return (
      <li className={`chat-line ${className}`}>
        {before}
        <bdi>{item.name}</bdi>
        {after}
      </li>
    )
  }
  const { name, text, date } = item.message
  const time = clocks[language].format(date)
  return (
    <li
      className={`chat-message ${isOwn ? 'chat-own' : ''} ${item.isEarlier ? 'chat-earlier' : ''} ${className}`}
    >
      <p className="chat-meta">
        {!isOwn && (
          <strong>
            <bdi>{name || texts.chat.somebody}</bdi>
          </strong>
        )}
        <time dateTime={new Date(date).toISOString()} className="number">
          {time}
        </time>
      </p>
      <p className="chat-text" dir="auto">
        {text}
      </p>
    </li>
  )
})

/** So near to the end counts as there, in px. */
const nearPx = 40

/**
 * Shows the newest message as it comes, but not to a reader who has scrolled up; one's own messages are always shown.
 *
 * @returns whether the end is in view
 */
function useStickToEnd(
  list: RefObject<HTMLOListElement | null>,
  lastKey: number | undefined,
  pendingCount: number,
): boolean {
  const [isAtEnd, setAtEnd] = useState(true)
  const latest = useRef(isAtEnd)
  const pendingBefore = useRef(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last item is what moves the view
  useLayoutEffect(() => {
    if (pendingCount > pendingBefore.current) latest.current = true
    pendingBefore.current = pendingCount
    if (latest.current) list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [list, lastKey, pendingCount, isAtEnd])

  useEffect(() => {
    const element = list.current
    if (element === null) return
    const onScroll = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = element
      latest.current = scrollHeight - scrollTop - clientHeight < nearPx
      setAtEnd(latest.current)
    }
    const observer = new ResizeObserver(() => {
      if (latest.current) element.scrollTo({ top: element.scrollHeight })
    })
    element.addEventListener('scroll', onScroll, { passive: true })
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', onScroll)
      observer.disconnect()
    }
  }, [list])

  return isAtEnd
}
