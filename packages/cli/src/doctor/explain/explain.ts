import type { Language } from '../../language.ts'
import {
  type Draft,
  draft,
  type Facts,
  type Finding,
  type FindingCode,
  nothingToAdd,
  wordFinding,
} from '../catalogue/draft.ts'
import { closeCodes, statusCodes } from './codes.ts'
import type { KnownText } from './known-text.ts'
import { textsAnswer } from './texts-answer.ts'
import { textsBefore } from './texts-before.ts'
import { textsOpen } from './texts-open.ts'

/**
 * Messages of Chromium, Firefox, Safari, Node.js, ws, websocket, undici, socket.io-client, nginx, curl and of libraries for
 * Java, Go, Python and .NET, the most telling first: the first that fits decides.
 */
const knownTexts: readonly KnownText[] = [...textsBefore, ...textsAnswer, ...textsOpen]

/** As {@link explain}, before it has a language. */
export function draftsFor(text: string): Draft[] {
  const { codes, facts } = read(text)
  return codes.map(code => draft(code, facts, []))
}

/** The findings for a pasted text: the likeliest cause first. Works without a network. */
export function explain(text: string, language: Language): Finding[] {
  const { question } = read(text)
  return draftsFor(text)
    .map(one => wordFinding(one, language))
    .map((finding, index) =>
      index === 0 && question !== undefined ? { ...finding, question: question[language] } : finding,
    )
}

interface Reading {
  readonly codes: readonly FindingCode[]
  readonly question?: Readonly<Record<Language, string>> | undefined
  readonly facts: Facts
}

/** As much of a text as is read, in characters: a message has a few lines. */
const maxLength = 8_000

function read(pasted: string): Reading {
  const text = pasted.slice(0, maxLength)
  const status = statusIn(text)
  const facts = factsIn(text, status)
  if (status !== undefined && status !== 101) {
    // A body that was pasted with it says more than the status.
    const body = knownTexts.find(({ pattern }) => pattern.test(text))
    if (body !== undefined && body.codes[0] !== 'BW_DOCTOR_GENERIC') return { ...body, facts }
    return { codes: statusCodes[status] ?? ['BW_DOCTOR_STATUS'], facts }
  }
  const known = knownTexts.find(({ pattern }) => pattern.test(text))
  const closeCode = closeCodeIn(text)
  const isVague = known === undefined || known.codes[0] === 'BW_DOCTOR_GENERIC'
  if (isVague && closeCode !== undefined) {
    const codes = closeCodes(closeCode)
    if (codes.length > 0) return { codes, facts: { ...facts, code: closeCode } }
  }
  const alone = isVague ? statusAlone(text) : undefined
  if (alone !== undefined) return { codes: statusCodes[alone] ?? [], facts: { ...facts, status: alone } }
  return known === undefined ? { codes: ['BW_DOCTOR_TEXT_UNKNOWN'], facts } : { ...known, facts }
}

/** Chromium, ws, websocket, socket.io-client and curl, each in its words. */
function statusIn(text: string): number | undefined {
  const found =
    /(?:unexpected (?:server )?response(?: code)?|non-101 status|(?:response|handshake) but was|status(?: code)?|(?:响应|返回|错误)(?:代码|码|状态码)?|状态码|\bHTTP(?:\/\d(?:\.\d)?)?)\s*(?:is|为|是|了)?\s*[:：=]?\s*[('"“]?(\d{3})(?!\d)/i.exec(
      text,
    ) ?? /^\s*([2-5]\d\d)\s*$/.exec(text)
  const status = Number(found?.[1])
  return status >= 100 && status < 600 ? status : undefined
}

/** A status that stands for itself among words, such as `nginx 502`. */
function statusAlone(text: string): number | undefined {
  const words = text.replace(/\b(?:wss?|https?):\/\/[^\s'"”’)>]+/g, ' ')
  const found = /(?<![\d.:-])([2-5]\d\d)(?![\d.]|\s*(?:ms|毫秒|秒|s\b))/.exec(words)
  const status = Number(found?.[1])
  return statusCodes[status] === undefined ? undefined : status
}

function closeCodeIn(text: string): number | undefined {
  const found = /(?<![\d.-])(1\d{3}|[34]\d{3})(?![\d.])/.exec(text.replace(/:\d{2,5}\b/g, ''))
  return found === null ? undefined : Number(found[1])
}

function factsIn(text: string, status: number | undefined): Facts {
  const url = /\b(?:wss?|https?):\/\/[^\s'"”’)>]+/.exec(text)?.[0]
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : undefined
  const address = /\b(\d{1,3}(?:\.\d{1,3}){3}:\d+|\[?::1\]?:\d+)\b/.exec(text)?.[1]
  return {
    ...nothingToAdd,
    ...(status !== undefined && { status }),
    ...(parsed !== undefined && {
      host: parsed.hostname,
      port: parsed.port,
      path: parsed.pathname,
      where: parsed.host,
      hostPort: parsed.host,
      suggestion: otherScheme(parsed),
      httpOrigin: `http${parsed.protocol.endsWith('s:') ? 's' : ''}://${parsed.host}`,
    }),
    ...(address !== undefined && { where: address }),
    versions: '4',
    client: '3 or 4',
  }
}

function otherScheme(url: URL): string {
  const rest = url.href.slice(url.protocol.length)
  return `${url.protocol === 'wss:' || url.protocol === 'https:' ? 'ws:' : 'wss:'}${rest}`
}
