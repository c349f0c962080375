import { Button, Segmented } from 'antd'
import { type ChangeEvent, type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useTexts } from '../app/app-context.ts'
import { readStoredList, writeStored } from '../app/stored.ts'
import { formatBytes } from '../format/quantity.ts'
import type { ConsoleSession } from './console-session.ts'
import { directionOf } from './direction.ts'
import { checkedLength, type DraftError, readDraft } from './draft.ts'
import { isSameItem, isShelfItem, type ShelfItem, shelfLimits, withNewest } from './message-shelf.ts'
import { Shelf } from './shelf.tsx'

const kinds = ['text', 'json', 'hex', 'file'] as const
type Kind = (typeof kinds)[number]

/** The findings about the draft: it is read once the typing rests, the sooner the shorter it is. */
interface Verdict {
  readonly error?: DraftError
  readonly hexBytes?: number
  readonly isEmpty?: boolean
  /** Too long to be read at each key. */
  readonly isUnchecked?: boolean
}

const atOnceLength = 20_000
const restMs = 250

/**
 * Text, JSON that is checked, bytes as hex digits, or a file. A local refusal is shown while one types. The
 * browser keeps the text, not React: a long one is not copied at each key.
 */
export function SendForm({ session }: { session: ConsoleSession }): ReactNode {
  const texts = useTexts().console
  const [kind, setKind] = useState<Kind>('text')
  const [file, setFile] = useState<File>()
  const [verdict, setVerdict] = useState<Verdict>({ isEmpty: true })
  const [saved, setSaved] = useState(() => readStoredList('saved-messages', isShelfItem))
  const [sent, setSent] = useState(() => readStoredList('sent-messages', isShelfItem))
  const editor = useRef<HTMLTextAreaElement>(null)
  const drafts = useRef<Record<Exclude<Kind, 'file'>, string>>({ text: '', json: '', hex: '' })
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => writeStored('saved-messages', JSON.stringify(saved)), [saved])
  useEffect(() => writeStored('sent-messages', JSON.stringify(sent)), [sent])
  useEffect(() => () => clearTimeout(rest.current), [])

  function change(next: Kind, text?: string): void {
    if (kind !== 'file' && editor.current !== null) drafts.current[kind] = editor.current.value
    if (next !== 'file' && text !== undefined) drafts.current[next] = text
    setKind(next)
    if (next === 'file') return
    if (next === kind && editor.current !== null) editor.current.value = drafts.current[next]
    judge({ kind: next, text: drafts.current[next] })
  }

  function onInput(): void {
    clearTimeout(rest.current)
    if (kind === 'file' || editor.current === null) return
    editor.current.dir = directionOf(editor.current.value)
    const length = editor.current.textLength
    if (length > checkedLength) setVerdict(before => (before.isUnchecked ? before : { isUnchecked: true }))
    else if (length <= atOnceLength) judge({ kind, text: editor.current.value })
    else rest.current = setTimeout(() => judge({ kind, text: editor.current?.value ?? '' }), restMs)
  }

  function judge(item: ShelfItem): void {
    if (item.text.length > checkedLength) {
      setVerdict({ isUnchecked: true })
      return
    }
    const { data, error } = readDraft(item)
    const isEmpty = item.text === ''
    if (error !== undefined) setVerdict({ error, isEmpty })
    else setVerdict({ isEmpty, ...(data instanceof Uint8Array && { hexBytes: data.length }) })
  }

  const shownError = kind === 'file' || verdict.isEmpty ? undefined : errorText(verdict.error)
  const canSend = kind === 'file' ? file !== undefined : verdict.error === undefined

  function errorText(error: DraftError | undefined): string | undefined {
    if (error === undefined) return undefined
    if (error.kind === 'json') return texts.invalidJson(error.message)
    return error.kind === 'odd' ? texts.hexOdd : texts.hexDigit(error.position)
  }

  async function send(): Promise<void> {
    if (kind === 'file') {
      if (file !== undefined) session.send(new Uint8Array(await file.arrayBuffer()))
      return
    }
    const item = { kind, text: editor.current?.value ?? '' }
    const { data, error } = readDraft(item)
    if (error !== undefined) return setVerdict({ error })
    session.send(data)
    if (item.text !== '' && item.text.length <= shelfLimits.textLength) {
      setSent(before => withNewest(before, item, shelfLimits.sent, isSameItem))
    }
  }

  function save(): void {
    if (kind === 'file') return
    const item = { kind, text: editor.current?.value ?? '' }
    if (item.text === '' || item.text.length > shelfLimits.textLength) return
    setSaved(before =>
      before.length >= shelfLimits.saved ? before : withNewest(before, item, shelfLimits.saved, isSameItem),
    )
  }

  function format(): void {
    if (editor.current === null) return
    change('json', JSON.stringify(JSON.parse(editor.current.value), null, 2))
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !canSend) return
    event.preventDefault()
    void send()
  }

  const hint = verdict.isUnchecked
    ? texts.unchecked
    : verdict.hexBytes
      ? texts.hexBytes(verdict.hexBytes)
      : texts.sendKeys
  return (
    <section className="panel console-panel send-form" aria-label={texts.message}>
      <Segmented
        block
        aria-label={texts.kind}
        value={kind}
        onChange={next => change(next)}
        options={kinds.map(value => ({ value, label: texts.kinds[value] }))}
      />
      {kind === 'file' ? (
        <FilePicker file={file} onFile={setFile} />
      ) : (
        <textarea
          key={kind}
          ref={editor}
          className="code editor"
          rows={5}
          aria-label={texts.kinds[kind]}
          aria-invalid={shownError !== undefined}
          defaultValue={drafts.current[kind]}
          dir={directionOf(drafts.current[kind])}
          onInput={onInput}
          onKeyDown={onKeyDown}
          placeholder={texts[`${kind}Placeholder`]}
          spellCheck={false}
        />
      )}
      <div className="send-bar">
        <span className={shownError === undefined ? 'muted' : 'send-error'} role="status">
          {shownError ?? hint}
        </span>
        {kind === 'json' && (
          <Button
            disabled={verdict.error !== undefined || verdict.isUnchecked === true || verdict.isEmpty === true}
            onClick={format}
          >
            {texts.formatJson}
          </Button>
        )}
        {kind !== 'file' && (
          <Button onClick={save} disabled={verdict.isEmpty === true} data-action="save">
            {texts.save}
          </Button>
        )}
        <Button type="primary" disabled={!canSend} onClick={() => void send()} data-action="send">
          {texts.send}
        </Button>
      </div>
      <Shelf
        saved={saved}
        sent={sent}
        onPick={item => {
          change(item.kind, item.text)
          editor.current?.focus()
        }}
        onForget={item => setSaved(before => before.filter(it => !isSameItem(it, item)))}
      />
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
        aria-label={texts.pickFile}
        onChange={(event: ChangeEvent<HTMLInputElement>) => onFile(event.target.files?.[0])}
      />
      <Button onClick={() => input.current?.click()}>{texts.pickFile}</Button>
      <span className={file ? '' : 'muted'}>
        {file ? (
          <>
            <bdi>{file.name}</bdi>
            {` · ${formatBytes(file.size)}`}
          </>
        ) : (
          texts.noFile
        )}
      </span>
    </div>
  )
}
