import { SendOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { type KeyboardEvent, memo, type ReactNode, useEffect, useRef, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { longestText } from './names.ts'

export interface ChatComposerProps {
  readonly name: string
  /** The text that did not go out: it is in the field again, if that is empty. */
  readonly unsent: string
  onSay(text: string): void
}

export const ChatComposer = memo(function ChatComposer(props: ChatComposerProps): ReactNode {
  const { name, unsent, onSay } = props
  const texts = useTexts().chat
  const [text, setText] = useState('')
  const editor = useRef<HTMLTextAreaElement>(null)
  const canSend = text.trim() !== ''

  useEffect(() => {
    if (unsent !== '') setText(before => (before === '' ? unsent : before))
  }, [unsent])

  useEffect(() => editor.current?.focus({ preventScroll: true }), [])

  function send(): void {
    if (!canSend) return
    onSay(text.trim())
    setText('')
  }

  function onKeyDown(event: KeyboardEvent): void {
    // Enter also confirms what an input method suggests; that must not send.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }

  return (
    <div className="chat-composer">
      <div className="chat-composer-bar">
        <textarea
          ref={editor}
          className="editor chat-editor"
          dir="auto"
          rows={1}
          value={text}
          onChange={event => setText(event.target.value)}
          onKeyDown={onKeyDown}
          // The isolates keep a name of the other direction from turning the rest around.
          placeholder={texts.writeAs(`\u2068${name}\u2069`)}
          aria-label={texts.write}
          maxLength={longestText}
        />
        <Button
          type="primary"
          icon={<SendOutlined aria-hidden />}
          disabled={!canSend}
          onClick={send}
          data-action="say"
        >
          {texts.send}
        </Button>
      </div>
    </div>
  )
})
