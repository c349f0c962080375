import type { EngineIo } from '../evidence.ts'
import { converse } from './conversation.ts'
import { type Ask, bodyText, type Dialogue } from './http.ts'

type AskFor = (ask: Partial<Ask>, timeoutMs: number) => Promise<Dialogue>

const timeoutMs = 2500

/**
 * Finds out whether Engine.IO answers at a path, and which versions of its protocol it takes. Sessions that are opened
 * are closed again.
 *
 * @returns undefined when nobody of that kind answers there
 */
export async function probeEngineIo(ask: AskFor, path: string): Promise<EngineIo | undefined> {
  // A transport that does not exist makes Engine.IO say who it is, without a session.
  const unknown = await ask({ path: `${path}?EIO=4&transport=doctor`, upgrade: false }, timeoutMs)
  const says = bodyText(unknown.answer)
  if (!/Transport unknown|"code"\s*:\s*[0-5]\b/.test(says)) return undefined
  const [four, three] = await Promise.all([openVersion(ask, path, 4), openVersion(ask, path, 3)])
  const versions = [...new Set([three, four].filter(isVersion))].sort()
  const refusesWebSocket = four === 'refused'
  if (versions.length > 0)
    return { path, versions, isPollingOnly: false, refusesWebSocket: false, losesSessions: false }
  const polling = await poll(ask, path)
  return {
    path,
    versions: polling.versions,
    isPollingOnly: polling.versions.length > 0,
    refusesWebSocket,
    losesSessions: polling.losesSessions,
  }
}

function isVersion(opened: 3 | 4 | 'refused' | undefined): opened is 3 | 4 {
  return opened === 3 || opened === 4
}

/** @returns the version that the server really spoke; `refused` when it has no such transport, undefined otherwise */
async function openVersion(
  ask: AskFor,
  path: string,
  version: 3 | 4,
): Promise<3 | 4 | 'refused' | undefined> {
  const dialogue = await ask(
    { path: `${path}?EIO=${version}&transport=websocket`, deflate: false },
    timeoutMs,
  )
  if (dialogue.answer.head?.status !== 101) {
    dialogue.exchange.socket.destroy()
    return /Transport unknown/.test(bodyText(dialogue.answer)) ? 'refused' : undefined
  }
  const { messages } = await converse(dialogue, { listenMs: 600, answerMs: 1000 })
  if (!messages[0]?.startsWith('0{')) return undefined
  // Protocol 3 connects the main namespace by itself, whatever version was asked for; protocol 4 waits to be asked.
  return messages.some(message => message.startsWith('40')) ? 3 : version === 4 ? 4 : 3
}

async function poll(ask: AskFor, path: string): Promise<{ versions: (3 | 4)[]; losesSessions: boolean }> {
  for (const version of [4, 3] as const) {
    const query = `${path}?EIO=${version}&transport=polling`
    const { answer } = await ask({ path: query, upgrade: false }, timeoutMs)
    const sid = /"sid":"([^"]+)"/.exec(bodyText(answer))?.[1]
    if (sid === undefined) continue
    const next = await ask(
      { path: `${query}&sid=${encodeURIComponent(sid)}&transport=polling`, upgrade: false },
      1000,
    )
    return { versions: [version], losesSessions: /Session ID unknown/.test(bodyText(next.answer)) }
  }
  return { versions: [], losesSessions: false }
}
