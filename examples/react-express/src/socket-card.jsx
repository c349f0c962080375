import { Button, Card, Input, Space, Tag } from 'antd'
import { useState } from 'react'

/** A button that connects, a field with a send button, and the messages that came. */
export function SocketCard({ title, socket: { state, lines, connect, send } }) {
  const [text, setText] = useState('')
  const isOpen = state === 'open'
  const submit = () => {
    if (isOpen && text !== '' && send(text)) setText('')
  }
  return (
    <Card
      title={title}
      extra={<Tag color={isOpen ? 'green' : 'default'}>{state}</Tag>}
      style={{ width: 420 }}
    >
      <Space orientation="vertical" style={{ width: '100%' }}>
        <Button type="primary" onClick={connect}>
          连接
        </Button>
        <Space.Compact style={{ width: '100%' }}>
          <Input
            aria-label={`${title} message`}
            value={text}
            onChange={event => setText(event.target.value)}
            onPressEnter={submit}
          />
          <Button onClick={submit} disabled={!isOpen}>
            发送
          </Button>
        </Space.Compact>
        <ul aria-label={`${title} log`}>
          {lines.map(({ id, line }) => (
            <li key={id}>{line}</li>
          ))}
        </ul>
      </Space>
    </Card>
  )
}
