import { closeMeaning } from '../catalogue/close-meanings.ts'
import { type Draft, draft, type Facts, type FindingCode } from '../catalogue/draft.ts'
import type { Evidence } from '../evidence.ts'
import type { Conversation, Violation } from '../probes/conversation.ts'
import { quote, showBytes } from './show.ts'

const pingMs = 3000

/** The findings from a server's behaviour on the open connection. */
export function concludeConversation(evidence: Evidence, talk: Conversation): Draft[] {
  if (talk.violation !== undefined) return [concludeViolation(evidence, talk, talk.violation)]
  const greeted = talk.messages.map(message => `it sent ${quote(message, 80)}`)
  if (talk.messages[0]?.startsWith('0{"sid":')) return concludeEngineIo(evidence, greeted)
  const { engineIo, target } = evidence
  const asked = askedEngine(target.path)
  if (engineIo !== undefined && asked !== undefined && !engineIo.versions.includes(asked)) {
    const facts = { ...engineFacts(engineIo.versions, target.origin), asked }
    return [draft('BW_DOCTOR_SOCKET_IO_VERSION', facts, [`101 for EIO=${asked}, then silence`])]
  }
  if (talk.step === 'listen' || talk.step === 'ping') {
    if (talk.close !== undefined) return [concludeClose(talk, greeted)]
    const { ms, by } = talk.end ?? { ms: 0, by: 'FIN' }
    return [draft('BW_DOCTOR_ENDED_AFTER_OPEN', { ms, by }, [...greeted, `101, then ${by} after ${ms} ms`])]
  }
  const drafts: Draft[] = []
  if (talk.pongMs === undefined) {
    drafts.push(
      draft('BW_DOCTOR_PING_UNANSWERED', { ms: pingMs }, [`ping sent, no pong within ${pingMs} ms`]),
    )
  }
  if (talk.close === undefined) {
    const by = talk.end?.by
    const how =
      by === undefined ? '' : { en: `It ended TCP without one (${by}).`, zh: `它直接结束了 TCP（${by}）。` }
    const seen = `close frame 1000 sent, none came back${by === undefined ? '' : `, then ${by}`}`
    drafts.push(draft('BW_DOCTOR_CLOSE_UNANSWERED', { how }, [seen]))
  } else if (talk.end === undefined) {
    drafts.push(
      draft('BW_DOCTOR_TCP_LEFT_OPEN', {}, [
        `close frame ${talk.close.code} came back, then no FIN within 3 s`,
      ]),
    )
  }
  return drafts
}

function concludeEngineIo({ engineIo, target }: Evidence, greeted: readonly string[]): Draft[] {
  const versions = engineIo?.versions ?? [4]
  return [draft('BW_DOCTOR_SOCKET_IO', engineFacts(versions, target.origin), greeted)]
}

export function engineFacts(versions: readonly number[], httpOrigin: string): Facts {
  const client = versions.includes(4) ? (versions.includes(3) ? '2, 3 or 4' : '3 or 4') : '2'
  return { versions: versions.join(' and '), client, httpOrigin }
}

/** The version of Engine.IO's protocol that a URL asks for. */
export function askedEngine(path: string): 3 | 4 | undefined {
  const version = /[?&]EIO=(\d)/.exec(path)?.[1]
  return version === '3' ? 3 : version === '4' ? 4 : undefined
}

const violationCodes: Readonly<Record<Violation['code'], FindingCode>> = {
  BW_RESERVED_BITS: 'BW_DOCTOR_RESERVED_BITS',
  BW_RESERVED_OPCODE: 'BW_DOCTOR_RESERVED_OPCODE',
  BW_UNMASKED_FRAME: 'BW_DOCTOR_FRAME_MASKED',
  BW_MASKED_FRAME: 'BW_DOCTOR_FRAME_MASKED',
  BW_FRAGMENTED_CONTROL_FRAME: 'BW_DOCTOR_CONTROL_FRAME',
  BW_LONG_CONTROL_FRAME: 'BW_DOCTOR_CONTROL_FRAME',
  BW_UNEXPECTED_CONTINUATION: 'BW_DOCTOR_FRAGMENTATION',
  BW_EXPECTED_CONTINUATION: 'BW_DOCTOR_FRAGMENTATION',
  BW_LENGTH_NOT_MINIMAL: 'BW_DOCTOR_LENGTH',
  BW_LENGTH_SIGN_BIT: 'BW_DOCTOR_LENGTH',
  BW_INVALID_UTF8: 'BW_DOCTOR_INVALID_UTF8',
  BW_CLOSE_BODY_OF_ONE_BYTE: 'BW_DOCTOR_CLOSE_FRAME_INVALID',
  BW_INVALID_CLOSE_CODE: 'BW_DOCTOR_CLOSE_FRAME_INVALID',
  BW_INVALID_CLOSE_REASON: 'BW_DOCTOR_CLOSE_FRAME_INVALID',
  BW_INFLATE_FAILED: 'BW_DOCTOR_COMPRESSION_BROKEN',
  BW_MESSAGE_TOO_BIG: 'BW_DOCTOR_MESSAGE_TOO_BIG',
}

function concludeViolation(
  { uncompressed, engineIo, target, main }: Evidence,
  talk: Conversation,
  violation: Violation,
): Draft {
  const seen = [`bytes: ${showBytes(violation.bytes)}`, violation.message]
  const text = talk.firstBytes.toString('latin1')
  if (/Unsupported protocol version/.test(text)) {
    const asked = askedEngine(target.path) ?? 3
    const versions = engineIo?.versions.length ? engineIo.versions : [4]
    return draft('BW_DOCTOR_SOCKET_IO_VERSION', { ...engineFacts(versions, target.origin), asked }, seen)
  }
  if (/^HTTP\/\d/.test(text)) {
    return draft('BW_DOCTOR_SECOND_ANSWER', { says: text.split('\r\n')[0] ?? '' }, seen)
  }
  const header = ['transfer-encoding', 'content-encoding'].find(
    name => main?.head?.headers[name] !== undefined,
  )
  if (header !== undefined) {
    return draft('BW_DOCTOR_STREAM_ENCODED', { header: `${header}: ${main?.head?.headers[header]}` }, seen)
  }
  const works = uncompressed !== undefined && uncompressed.violation === undefined
  const compare = works
    ? { en: 'without compression it works', zh: '不压缩时正常' }
    : { en: 'without compression it fails as well', zh: '不压缩时同样失败' }
  return draft(violationCodes[violation.code], { says: violation.message, compare }, seen)
}

function concludeClose({ close }: Conversation, greeted: readonly string[]): Draft {
  const { code, reason, ms } = close!
  const shown = `${code}${reason === '' ? '' : ` ${quote(reason, 123)}`}`
  const facts = { close: shown, meaning: closeMeaning(code) }
  const isNormal = code === 1000 || code === 1001
  return draft(
    'BW_DOCTOR_CLOSED_AT_ONCE',
    facts,
    [...greeted, `close frame ${shown} after ${ms} ms`],
    isNormal ? 'warning' : 'error',
  )
}
