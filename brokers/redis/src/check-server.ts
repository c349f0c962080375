import { HubError } from 'bothways'
import { mayScript, type Script } from './scripts.ts'
import { topicKeys } from './topic-keys.ts'

/**
 * Throws HubError `unavailable` where a server is too old, may throw away what it keeps, or does not let this user do what is
 * needed.
 */
export async function checkServer(
  everywhere: (...command: string[]) => Promise<readonly unknown[]>,
  run: (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>,
  prefix: string,
): Promise<void> {
  for (const info of await everywhere('INFO', 'server')) {
    const [, version = '0'] = /^redis_version:(\d+)/m.exec(String(info)) ?? []
    if (Number(version) >= 7) continue
    throw new HubError('unavailable', `Redis 7 or Valkey is needed; this server is version ${version}.`)
  }
  for (const memory of await everywhere('INFO', 'memory')) {
    const [, limit = '0'] = /^maxmemory:(\d+)/m.exec(String(memory)) ?? []
    const [, policy = 'noeviction'] = /^maxmemory_policy:(\S+)/m.exec(String(memory)) ?? []
    if (limit === '0' || policy === 'noeviction') continue
    const cure = 'Set maxmemory-policy noeviction.'
    throw new HubError('unavailable', `Redis may throw away histories and keys (${policy}). ${cure}`)
  }
  // Else a publication could be stored and, at the command behind that, not be carried.
  const { topic, stream, members, channel, key } = topicKeys(prefix, 'rights')
  const lacking = (await run(mayScript, [topic, stream, key('', ''), members], [channel])) as string[]
  if (lacking.length === 0) return
  const cure = `Let it, with ACL SETUSER: ~${prefix}:* &${prefix}:* ${lacking.map(it => `+${it.toLowerCase()}`).join(' ')}`
  throw new HubError(
    'unavailable',
    `This user of Redis may not ${lacking.join(', ')} below "${prefix}:". ${cure}`,
  )
}
