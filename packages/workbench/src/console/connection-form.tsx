import { Button, Input, InputNumber } from 'antd'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { readStored, readStoredList, writeStored } from '../app/stored.ts'
import { pageSocketUrl } from '../connection/server-url.ts'
import type { ConsoleSession } from './console-session.ts'
import { isText, shelfLimits, withNewest } from './message-shelf.ts'
import { useReading } from './use-console.ts'
import { connectWatched } from './wire-watch.ts'

/** Where to, with which subprotocols; and, while there is a connection, how to end it. */
export function ConnectionForm({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console
  const [address, setAddress] = useState(() => readStored('address') ?? pageSocketUrl('echo'))
  const [protocols, setProtocols] = useState(() => readStored('subprotocols') ?? '')
  const [addresses, setAddresses] = useState(() => readStoredList('addresses', isText))
  const readyState = useReading(session.signal, () => session.readyState)
  const isLive = readyState === WebSocket.CONNECTING || readyState === WebSocket.OPEN

  function connect(event: FormEvent): void {
    event.preventDefault()
    void connectWatched(session, address.trim(), splitProtocols(protocols))
    const recent = withNewest(addresses, address.trim(), shelfLimits.addresses)
    setAddresses(recent)
    writeStored('addresses', JSON.stringify(recent))
  }

  return (
    <section className="panel console-panel" aria-label={texts.connection}>
      <form onSubmit={connect} className="console-form">
        <label>
          <span className="field-name">{texts.url}</span>
          <Input
            className="code"
            name="address"
            value={address}
            list="recent-addresses"
            onChange={event => {
              setAddress(event.target.value)
              writeStored('address', event.target.value)
            }}
            placeholder="wss://example.com/socket"
            spellCheck={false}
            autoComplete="off"
          />
        </label>
        <datalist id="recent-addresses">
          {addresses.map(it => (
            <option key={it} value={it} />
          ))}
        </datalist>
        <label>
          <span className="field-name">{texts.protocols}</span>
          <Input
            className="code"
            name="protocols"
            value={protocols}
            onChange={event => {
              setProtocols(event.target.value)
              writeStored('subprotocols', event.target.value)
            }}
            placeholder={texts.protocolsHint}
            spellCheck={false}
            autoComplete="off"
          />
        </label>
        <Button type="primary" htmlType="submit" data-action="connect">
          {isLive ? texts.reconnect : texts.connect}
        </Button>
      </form>
      {isLive && <DisconnectForm session={session} />}
    </section>
  )
}

function DisconnectForm({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console
  const [code, setCode] = useState<number | null>(null)
  const [reason, setReason] = useState('')

  function disconnect(event: FormEvent): void {
    event.preventDefault()
    session.disconnect(code ?? undefined, reason)
  }

  return (
    <form onSubmit={disconnect} className="disconnect-form" title={texts.closeHint}>
      <InputNumber
        name="code"
        value={code}
        onChange={setCode}
        precision={0}
        controls={false}
        placeholder={texts.closeCode}
        aria-label={texts.closeCode}
      />
      <Input
        name="reason"
        value={reason}
        onChange={event => setReason(event.target.value)}
        placeholder={texts.closeReason}
        aria-label={texts.closeReason}
      />
      <Button htmlType="submit" data-action="disconnect">
        {texts.disconnect}
      </Button>
    </form>
  )
}

function splitProtocols(text: string): string[] {
  return text
    .split(/[,，\s]+/)
    .map(it => it.trim())
    .filter(it => it !== '')
}
