import { SendOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import type { Chat } from './use-chat.ts'

export function ChatComposer({ chat, name }: { chat: Chat; name: string }): ReactNode {
  const texts = useTexts().chat
  const [text, setText] = useState('')
  const { unsent } = chat
  const canSend = text.trim() !== '' && chat.status.name === 'open'

  useEffect(() => {
    if (unsent !== '') setText(before => (before === '' ? unsent : before))
  }, [unsent])

  function send(): void {
    if (canSend && chat.say(text)) setText('')
  }

  function onKeyDown(event: KeyboardEvent): void {
    // Enter also confirms what an input method suggests; that must not send.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <div className="chat-composer">
      {unsent !== '' && <p className="muted">{texts.restored}</p>}
      <div className="chat-composer-bar">
        <Input.TextArea
          value={text}
          onChange={event => setText(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={`${texts.write} (${name})`}
          aria-label={texts.write}
          autoSize={{ minRows: 1, maxRows: 6 }}
          maxLength={2_000}
          autoFocus
        />
        <Button type="primary" icon={<SendOutlined />} disabled={!canSend} onClick={send} data-action="say">
          {texts.send}
        </Button>
      </div>
    </div>
  )
}
