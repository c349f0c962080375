import { createHash } from 'node:crypto'
import { acceptKey, checkResponse, parseExtensions } from '@bothways/protocol'
import type { Language } from '../../language.ts'
import { type Draft, draft, type FindingCode } from '../catalogue/draft.ts'
import type { Evidence } from '../evidence.ts'
import type { Answer, ResponseHead } from '../probes/http.ts'

const slowMs = 3000

/** The findings from the headers of a 101 (RFC 6455 §4.1, WHATWG WebSockets "establish a WebSocket connection"). */
export function concludeAccepted(evidence: Evidence, main: Answer): Draft[] {
  const head = main.head!
  const drafts: Draft[] = []
  const key = main.key!
  const result = checkResponse(
    { status: 101, headers: head.headers },
    {
      key,
      subprotocols: evidence.offered,
      extensions: parseExtensions('permessage-deflate; client_max_window_bits') ?? [],
    },
  )
  if (!result.ok) drafts.push(concludeProblem(result.error.doctor as FindingCode, evidence, head, key))
  if (head.version !== '1.1') {
    drafts.push(
      draft('BW_DOCTOR_HTTP_VERSION', { version: head.version }, [`HTTP/${head.version} 101 ${head.reason}`]),
    )
  }
  const ms = main.firstByteMs ?? 0
  if (ms >= slowMs) drafts.push(draft('BW_DOCTOR_SLOW', { ms }, [`101 after ${ms} ms`]))
  return drafts
}

function concludeProblem(
  code: FindingCode,
  evidence: Evidence,
  { headers }: ResponseHead,
  key: string,
): Draft {
  const seen = Object.entries(headers).map(([name, value]) => `101 with ${name}: ${value}`)
  if (code === 'BW_DOCTOR_ACCEPT_WRONG') {
    const got = headers['sec-websocket-accept'] ?? ''
    const facts = { got: JSON.stringify(got), expected: acceptKey(key), guess: guessAccept(key, got) }
    return draft(code, facts, [`sent Sec-WebSocket-Key: ${key}`, ...seen])
  }
  const header = code.includes('SUBPROTOCOL') ? 'sec-websocket-protocol' : 'sec-websocket-extensions'
  return draft(code, { got: headers[header] ?? '', offered: evidence.offered.join(', ') }, seen)
}

type Says = Readonly<Record<Language, string>>

const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** The usual mistakes, each tried. */
function guessAccept(key: string, got: string): Says {
  const sha1 = (text: string | Buffer) => createHash('sha1').update(text)
  const guesses: readonly (readonly [value: string, says: Says])[] = [
    [
      sha1(key + guid).digest('hex'),
      { en: 'It is the digest in hex instead of base64.', zh: '它是十六进制的摘要，而不是 base64。' },
    ],
    [
      Buffer.from(sha1(key + guid).digest('hex')).toString('base64'),
      { en: 'It is base64 of the digest’s hex text.', zh: '它是摘要的十六进制文本的 base64。' },
    ],
    [
      sha1(key + guid.toLowerCase()).digest('base64'),
      { en: 'The GUID was written in lower case.', zh: 'GUID 写成了小写。' },
    ],
    [
      sha1(` ${key}${guid}`).digest('base64'),
      { en: 'The key was not trimmed.', zh: '密钥没有去掉首尾空白。' },
    ],
    [
      sha1(`${key}\r${guid}`).digest('base64'),
      { en: 'The key was not trimmed.', zh: '密钥没有去掉首尾空白。' },
    ],
    [
      sha1(`${key}\r\n${guid}`).digest('base64'),
      { en: 'The key was not trimmed.', zh: '密钥没有去掉首尾空白。' },
    ],
    [
      sha1(Buffer.concat([Buffer.from(key, 'base64'), Buffer.from(guid)])).digest('base64'),
      { en: 'The key was decoded from base64 first.', zh: '密钥先做了 base64 解码。' },
    ],
    [sha1(key).digest('base64'), { en: 'The GUID was not appended.', zh: '没有拼接 GUID。' }],
    [
      sha1(guid + key).digest('base64'),
      { en: 'The GUID was put in front of the key.', zh: 'GUID 放到了密钥前面。' },
    ],
    [
      createHash('sha256')
        .update(key + guid)
        .digest('base64'),
      { en: 'It is SHA-256 instead of SHA-1.', zh: '用了 SHA-256，而不是 SHA-1。' },
    ],
    [
      createHash('md5')
        .update(key + guid)
        .digest('base64'),
      { en: 'It is MD5 instead of SHA-1.', zh: '用了 MD5，而不是 SHA-1。' },
    ],
    [key, { en: 'It is the key itself.', zh: '它就是密钥本身。' }],
  ]
  const found = guesses.find(([value]) => value === got)?.[1]
  return (
    found ?? {
      en: 'It belongs to another key (a cache, a replayed answer), or the GUID is mistyped.',
      zh: '它属于另一个密钥（缓存、重放的回应），或 GUID 打错了。',
    }
  )
}
