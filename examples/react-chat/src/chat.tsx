import { useConnection, usePublish, useTopic } from '@bothways/react'
import { Alert, Badge, Card, Flex, Input, Space, Tag, Typography } from 'antd'
import { type ReactNode, useRef, useState } from 'react'

interface Said {
  readonly name: string
  readonly text: string
}

export function Chat({ room, name }: { room: string; name: string }): ReactNode {
  const { publications, members, gapCount } = useTopic<Said>(`room/${room}`, { last: 50, presence: { name } })
  const publish = usePublish<Said>(`room/${room}`)
  const { status, reason } = useConnection()
  const [text, setText] = useState('')
  const [sending, setSending] = useState<readonly { id: number; text: string }[]>([])
  const lastId = useRef(0)
  const [error, setError] = useState<string>()

  async function say(): Promise<void> {
    if (text.trim() === '') return
    setText('')
    const id = ++lastId.current
    setSending(before => [...before, { id, text }])
    try {
      // Resolves once the server has it: after a tunnel, too.
      await publish({ name, text })
    } catch (failure) {
      setError(`${text}: ${(failure as Error).message}`)
    }
    setSending(before => before.filter(it => it.id !== id))
  }

  return (
    <Card
      style={{ maxWidth: 560, margin: '24px auto' }}
      title={<Badge status={status === 'open' ? 'success' : 'warning'} text={status} data-status={status} />}
      extra={members.map(({ client, data }) => <Tag key={client}>{(data as Said).name}</Tag>)}
    >
      {reason !== undefined && <Alert type="warning" title={reason.help} />}
      {error !== undefined && (
        <Alert type="error" title={error} closable={{ onClose: () => setError(undefined) }} />
      )}
      {gapCount > 0 && <Typography.Text type="secondary">Something may be missing here.</Typography.Text>}
      <Flex vertical gap={8} component="ul" style={{ minHeight: 240, padding: 0, listStyle: 'none' }}>
        {publications.map(({ position, data }) => (
          <li key={position}>
            <Typography.Text strong>{data.name}</Typography.Text> {data.text}
          </li>
        ))}
        {sending.map(it => (
          <li key={it.id} data-sending>
            <Typography.Text type="secondary">{it.text} …</Typography.Text>
          </li>
        ))}
      </Flex>
      <Space.Compact block>
        <Input.Search
          value={text}
          placeholder="Say something"
          enterButton="Send"
          onChange={event => setText(event.target.value)}
          onSearch={() => void say()}
        />
      </Space.Compact>
    </Card>
  )
}
