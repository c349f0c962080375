import type { Language } from '../../language.ts'
import { catalogue, type Draft, type FindingCode, nothingToAdd, wordFinding } from './draft.ts'

export const findingCodes: readonly FindingCode[] = Object.keys(catalogue) as FindingCode[]

/** The name of a finding's page: `BW_DOCTOR_PORT_CLOSED` is on `port-closed.md`. */
export function pageName(code: FindingCode): string {
  return `${code.replace('BW_DOCTOR_', '').toLowerCase().replaceAll('_', '-')}.md`
}

const words = {
  en: {
    severity: {
      error: 'Error: clients cannot connect or stay.',
      warning: 'Warning: some clients fail, or not always.',
      info: 'Note: worth knowing, nothing is wrong.',
    },
    cure: 'What to do',
    question: 'What to find out',
    other: '[中文](../zh/doctor/{page})',
    index: '[All findings](README.md)',
    heading: '# What the doctor finds',
    intro:
      'One page for each code of `bothways doctor URL`. A text that you have seen somewhere leads here, too: `bothways doctor explain "TEXT"`.',
    columns: '| code | what it means |',
  },
  zh: {
    severity: {
      error: '错误：客户端无法连接，或无法保持连接。',
      warning: '警告：有些客户端会失败，或有时会失败。',
      info: '说明：值得了解，并没有问题。',
    },
    cure: '解决办法',
    question: '请确认',
    other: '[English](../../doctor/{page})',
    index: '[全部结果](README.md)',
    heading: '# 医生会发现什么',
    intro:
      '`bothways doctor URL` 的每个代码有一页。在别处看到的报错也可以查：`bothways doctor explain "文字"`。',
    columns: '| 代码 | 含义 |',
  },
} as const

/** The documentation's page of one finding. */
export function renderPage(code: FindingCode, language: Language): string {
  const { title, advice, question } = word(code, language)
  const say = words[language]
  const page = pageName(code)
  const [first = '', ...rest] = advice.split('\n')
  const lines = rest.length === 0 ? '' : `\n\n\`\`\`text\n${rest.join('\n')}\n\`\`\``
  const asked = question === undefined ? '' : `\n\n## ${say.question}\n\n${question}`
  return `# ${code}\n\n${title}\n\n${say.severity[catalogue[code].severity]}\n\n## ${say.cure}\n\n${first}${lines}${asked}\n\n${say.index} · ${say.other.replace('{page}', page)}\n`
}

/** The table of all findings. */
export function renderIndex(language: Language): string {
  const say = words[language]
  const rows = findingCodes.map(
    code => `| [\`${code}\`](${pageName(code)}) | ${word(code, language).title.replaceAll('|', '\\|')} |`,
  )
  return `${say.heading}\n\n${say.intro}\n\n${say.columns}\n| --- | --- |\n${rows.join('\n')}\n`
}

function word(code: FindingCode, language: Language) {
  const draft: Draft = { code, facts: nothingToAdd, evidence: [], severity: catalogue[code].severity }
  return wordFinding(draft, language)
}
