import { afterEach, expect, test, vi } from 'vitest'
import { languageIn, localeLanguage } from './language.ts'
import { main } from './main.ts'
import { commands } from './usage/commands.ts'
import { commandHelp, generalHelp } from './usage/help.ts'
import { columns } from './usage/wrap.ts'

afterEach(() => vi.restoreAllMocks())

/** Runs the command in this process. */
async function run(args: readonly string[]): Promise<{ code: number; printed: string }> {
  let printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(text => {
    printed += text
    return true
  })
  vi.spyOn(console, 'error').mockImplementation(text => {
    printed += `${text}\n`
  })
  try {
    return { code: await main(args), printed }
  } finally {
    vi.restoreAllMocks()
  }
}

const chinese = /\p{Script=Han}/u
/** The parts of a text that have no language: options, numbers, and quoted input. */
const facts = (text: string): string[] => {
  const quoted = Array.from(text.matchAll(/(?<!\w)'([^']+)'|“([^”]+)”/g), ([, en, zh]) => en ?? zh ?? '')
  const typed = quoted.filter(each => !chinese.test(each) && !text.includes(`“${each}” may`))
  return [...typed, ...(text.match(/--[a-z][\w-]*|\d{2,}/g) ?? [])].sort()
}

test.each(commands)('The help of $name says the same in both languages', command => {
  const [english, translated] = [commandHelp(command, 'en'), commandHelp(command, 'zh')]
  expect(facts(translated)).toEqual(facts(english))
  expect(english).not.toMatch(chinese)
  for (const says of [command, ...Object.values(command.options)].map(({ says }) => says)) {
    expect(says.zh).toMatch(chinese)
  }
  expect(command.notes.zh).toHaveLength(command.notes.en.length)
  for (const line of `${english}${translated}`.split('\n')) {
    if (!command.examples.some(example => line.includes(example))) expect(columns(line)).toBeLessThan(120)
  }
})

test('The general help names every command in both languages', () => {
  for (const language of ['en', 'zh'] as const) {
    for (const { name, says } of commands) {
      expect(generalHelp(language)).toContain(`bothways ${name}`)
      expect(generalHelp(language).replaceAll(/\s/g, '')).toContain(says[language].replaceAll(/\s/g, ''))
    }
  }
})

test.each<readonly string[]>([
  ['ehco'],
  ['--hlep'],
  ['serve', '--prot', '1'],
  ['serve', '--port'],
  ['serve', '--no-page=1'],
  ['serve', '--port', '99999'],
  ['serve', '--host', ''],
  ['serve', '--origin', 'example.com'],
  ['serve', '--allow-host', 'https://example.com'],
  ['echo', 'word'],
  ['echo', '--max-payload', '-1'],
  ['connect'],
  ['connect', 'ws://a', 'ws://b'],
  ['connect', '/path'],
  ['connect', 'ws://127.0.0.1/', '--header', 'no colon'],
  ['connect', 'ws://127.0.0.1/', '--auth', 'me'],
  ['connect', 'ws://127.0.0.1/', '--auth', 'me:x', '-H', 'Authorization: y'],
  ['connect', 'ws://127.0.0.1/', '--ping', '0'],
  ['connect', 'ws://127.0.0.1/', '--wait', 'long'],
  ['connect', 'ws://127.0.0.1/', '--ca', '/nowhere.pem'],
  ['connect', 'ws://127.0.0.1/', '--cert', 'a.pem'],
  ['connect', 'ws://127.0.0.1/', '--ca', '/dev/null'],
  ['connect', 'ws://127.0.0.1/', '--proxy', 'socks5://a'],
  ['connect', 'ws://127.0.0.1/#part'],
  ['listen', 'word'],
  ['completion'],
  ['completion', 'tcsh'],
  ['connect', 'ws://127.0.0.1/', '--hello', '/nowhere.txt'],
  ['doctor'],
  ['doctor', 'ws://a', 'ws://b'],
  ['doctor', 'ws://a', '--header', 'no colon'],
  ['doctor', 'explain'],
  ['doctor', 'behind', 'ws://a'],
  ['doctor', '/nowhere.har'],
])('%j %j %j %j is told in both languages, with the same facts', async (...args) => {
  const english = await run([...args, '--lang', 'en'])
  const translated = await run([...args, '--lang', 'zh'])
  expect(english.code).toBeGreaterThan(0)
  expect(translated.code).toBe(english.code)
  expect(facts(translated.printed)).toEqual(facts(english.printed))
  expect(english.printed).not.toMatch(chinese)
  for (const line of translated.printed.trim().split('\n')) expect(line).toMatch(chinese)
})

test('--lang before the command counts, too, and a language that is not spoken is wrong use', async () => {
  expect(await run(['--lang', 'zh', 'echo', '--help'])).toEqual({
    code: 0,
    printed: commandHelp(commands.find(({ name }) => name === 'echo')!, 'zh'),
  })
  expect(await run(['echo', '--lang', 'fr'])).toMatchObject({
    code: 2,
    printed: expect.stringContaining("takes en or zh, got 'fr'"),
  })
})

test('The locale decides as POSIX says: LC_ALL before LC_MESSAGES before LANG, empty ones aside', () => {
  expect(localeLanguage({ LANG: 'zh_CN.UTF-8' })).toBe('zh')
  expect(localeLanguage({ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' })).toBe('en')
  expect(localeLanguage({ LC_ALL: '', LC_MESSAGES: 'zh', LANG: 'en_US' })).toBe('zh')
  expect(localeLanguage({})).toBe('en')
  expect([languageIn('zhuang'), languageIn('zh-TW'), languageIn('EN')]).toEqual([undefined, 'zh', 'en'])
})
