import { type ReactNode, useLayoutEffect, useRef } from 'react'
import { useAppContext, useTexts } from '../app/app-context.ts'
import type { ChatItem } from './chat-state.ts'

export interface ChatMessagesProps {
  readonly items: readonly ChatItem[]
  readonly ownIds: ReadonlySet<string>
}

export function ChatMessages({ items, ownIds }: ChatMessagesProps): ReactNode {
  const texts = useTexts().chat
  const list = useRef<HTMLOListElement>(null)
  const lastKey = items.at(-1)?.key

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new last item is what moves the view
  useLayoutEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [lastKey])

  const firstNew = items.find(it => it.kind !== 'message' || !it.isEarlier)?.key
  const hasEarlier = items[0]?.kind === 'message' && items[0].isEarlier
  return (
    <ol ref={list} className="chat-messages" aria-live="polite">
      {items.length === 0 && <li className="chat-line">{texts.noMessages}</li>}
      {hasEarlier && <li className="chat-line">{texts.earlier}</li>}
      {items.map(item => (
        <ChatItemView
          key={item.key}
          item={item}
          isOwn={item.kind === 'message' && ownIds.has(item.message.id)}
          isFirstNew={hasEarlier && item.key === firstNew}
        />
      ))}
    </ol>
  )
}

interface ChatItemViewProps {
  readonly item: ChatItem
  readonly isOwn: boolean
  readonly isFirstNew: boolean
}

function ChatItemView({ item, isOwn, isFirstNew }: ChatItemViewProps): ReactNode {
  const { texts, language } = useAppContext()
  const className = isFirstNew ? 'chat-first-new' : ''
  if (item.kind !== 'message') {
    return <li className={`chat-line ${className}`}>{texts.chat[item.kind](item.name)}</li>
  }
  const { name, text, date } = item.message
  const time = new Date(date).toLocaleTimeString(language === 'zh' ? 'zh-CN' : 'en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return (
    <li
      className={`chat-message ${isOwn ? 'chat-own' : ''} ${item.isEarlier ? 'chat-earlier' : ''} ${className}`}
    >
      <p className="chat-meta">
        {!isOwn && <strong>{name}</strong>}
        <time dateTime={new Date(date).toISOString()} className="number">
          {time}
        </time>
      </p>
      <p className="chat-text">{text}</p>
    </li>
  )
}
