import { Button, Input, Segmented } from 'antd'
import { type ChangeEvent, type KeyboardEvent, type ReactNode, useRef, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { type HexError, parseHex } from '../format/hex.ts'
import { formatBytes } from '../format/quantity.ts'
import type { ConsoleSession, Sendable } from './console-session.ts'

const kinds = ['text', 'json', 'hex', 'file'] as const
type Kind = (typeof kinds)[number]

type Draft =
  | { readonly data: Sendable; readonly error?: never }
  | { readonly error: string; readonly data?: never }

/** Text, JSON that is checked, bytes as hex digits, or a file. What is refused locally is said while one types. */
export function SendForm({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console
  const [kind, setKind] = useState<Kind>('text')
  const [content, setContent] = useState<Readonly<Record<Exclude<Kind, 'file'>, string>>>({
    text: '',
    json: '',
    hex: '',
  })
  const [file, setFile] = useState<File>()

  const hexError = (error: HexError): string =>
    error.kind === 'odd' ? texts.hexOdd : texts.hexDigit(error.position)

  function readDraft(): Draft {
    if (kind === 'text') return { data: content.text }
    if (kind === 'json') {
      const message = jsonError(content.json)
      return message === undefined ? { data: content.json } : { error: texts.invalidJson(message) }
    }
    const { bytes, error } = parseHex(content.hex)
    return bytes === undefined ? { error: hexError(error) } : { data: bytes }
  }

  const draft = kind === 'file' ? undefined : readDraft()
  const shownError = kind !== 'file' && content[kind] !== '' ? draft?.error : undefined
  const hint =
    kind === 'hex' && draft?.data instanceof Uint8Array && draft.data.length > 0
      ? texts.hexBytes(draft.data.length)
      : texts.sendKeys
  const canSend = kind === 'file' ? file !== undefined : draft?.error === undefined

  async function send(): Promise<void> {
    if (kind === 'file') {
      if (file !== undefined) session.send(new Uint8Array(await file.arrayBuffer()))
    } else if (draft !== undefined && draft.error === undefined) {
      session.send(draft.data)
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !canSend) return
    event.preventDefault()
    void send()
  }

  return (
    <section className="panel console-panel send-form">
      <Segmented
        block
        value={kind}
        onChange={setKind}
        options={kinds.map(value => ({ value, label: texts.kinds[value] }))}
      />
      {kind === 'file' ? (
        <FilePicker file={file} onFile={setFile} />
      ) : (
        <Input.TextArea
          className="code"
          aria-label={texts.kinds[kind]}
          value={content[kind]}
          onChange={event => setContent({ ...content, [kind]: event.target.value })}
          onKeyDown={onKeyDown}
          placeholder={texts[`${kind}Placeholder`]}
          autoSize={{ minRows: 4, maxRows: 14 }}
          status={shownError === undefined ? '' : 'error'}
          spellCheck={false}
        />
      )}
      <div className="send-bar">
        <span className={shownError === undefined ? 'muted' : 'send-error'} role="status">
          {shownError ?? hint}
        </span>
        {kind === 'json' && (
          <Button
            disabled={draft?.error !== undefined}
            onClick={() =>
              setContent({ ...content, json: JSON.stringify(JSON.parse(content.json), null, 2) })
            }
          >
            {texts.formatJson}
          </Button>
        )}
        <Button type="primary" disabled={!canSend} onClick={() => void send()} data-action="send">
          {texts.send}
        </Button>
      </div>
    </section>
  )
}

function FilePicker({
  file,
  onFile,
}: {
  file: File | undefined
  onFile: (file: File | undefined) => void
}): ReactNode {
  const texts = useTexts().console
  const input = useRef<HTMLInputElement>(null)
  return (
    <div className="file-picker">
      <input
        ref={input}
        type="file"
        hidden
        onChange={(event: ChangeEvent<HTMLInputElement>) => onFile(event.target.files?.[0])}
      />
      <Button onClick={() => input.current?.click()}>{texts.pickFile}</Button>
      <span className={file ? '' : 'muted'}>
        {file ? `${file.name} · ${formatBytes(file.size)}` : texts.noFile}
      </span>
    </div>
  )
}

function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return (error as SyntaxError).message
  }
}
