import type { Language } from '../language.ts'
import type { Command, Option } from './command.ts'

/** Shells that can be taught to complete `bothways`. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** The script that teaches a shell the commands and their options, with what they do where the shell shows it. */
export function completionScript(shell: Shell, commands: readonly Command[], language: Language): string {
  const render = { bash, zsh, fish }[shell]
  return render(commands, language)
}

/** `doctor` and `doctor explain` are one first word. */
function firstWords(commands: readonly Command[]): readonly Command[] {
  return commands.filter(({ name }) => !name.includes(' '))
}

function secondWords(commands: readonly Command[], first: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${first} `))
}

function lastWord({ name }: Command): string {
  return name.split(' ').at(-1) ?? name
}

function flagsOf(name: string, { short }: Option): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
}

function bash(commands: readonly Command[]): string {
  const options = commands.flatMap(({ options }) => Object.entries(options))
  const withValue = (matches: (option: Option) => boolean): string =>
    [
      ...new Set(
        options.filter(([, option]) => matches(option)).flatMap(([name, option]) => flagsOf(name, option)),
      ),
    ].join('|')
  const lists = new Map(
    options.flatMap(([name, { completion }]) =>
      completion === undefined || completion === 'file' ? [] : [[name, completion] as const],
    ),
  )
  const cases = commands.map(command => {
    const offered = Object.keys(command.options).map(name => `--${name}`)
    offered.push(...secondWords(commands, command.name).map(lastWord))
    if (Array.isArray(command.completion)) offered.push(...command.completion)
    return `    '${command.name}') words='${offered.join(' ')}' ;;`
  })
  return `# bash completion for bothways: bothways completion bash > ~/.local/share/bash-completion/completions/bothways
_bothways() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]} words=
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W '${firstWords(commands).map(lastWord).join(' ')} --help --version --lang' -- "$current"))
    return
  fi
  case $before in
${[...lists].map(([name, list]) => `    --${name}) COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$current")); return ;;`).join('\n')}
    ${withValue(({ completion }) => completion === 'file')})
      local IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$current"))
      return ;;
    ${withValue(({ type, completion }) => type === 'string' && completion === undefined)}) return ;;
  esac
  case "$command \${COMP_WORDS[2]}" in
${commands
  .filter(({ name }) => name.includes(' '))
  .map(({ name }) => `    '${name}') (( COMP_CWORD > 2 )) && command='${name}' ;;`)
  .join('\n')}
  esac
  case $command in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _bothways bothways
`
}

function zsh(commands: readonly Command[], language: Language): string {
  const describe = (of: readonly Command[]): string =>
    of
      .map(command => quoted(`${lastWord(command)}:${command.says[language].replaceAll(':', '\\:')}`))
      .join(' ')
  const optionSpecs = ({ options, completion }: Command): string =>
    [
      ...Object.entries(options).map(([name, option]) => zshOption(name, option, language)),
      ...(completion === 'file' ? ["'*:file:_files'"] : []),
      ...(Array.isArray(completion) ? [quoted(`*:word:(${completion.join(' ')})`)] : []),
    ].join(' \\\n        ')
  const cases = firstWords(commands).map(command => {
    const more = secondWords(commands, command.name)
    const nested = more.map(
      each => `      if [[ $words[2] == ${lastWord(each)} ]] && (( CURRENT > 2 )); then
        shift words; (( CURRENT-- ))
        _arguments -s \\\n        ${optionSpecs(each)}
        return
      fi`,
    )
    const offer =
      more.length === 0
        ? []
        : [`      (( CURRENT == 2 )) && { commands=(${describe(more)}); _describe command commands }`]
    return [
      `    ${command.name})`,
      ...nested,
      ...offer,
      `      _arguments -s \\\n        ${optionSpecs(command)} ;;`,
    ].join('\n')
  })
  return `#compdef bothways
# zsh completion for bothways: bothways completion zsh > "\${fpath[1]}/_bothways"
_bothways() {
  local -a commands
  if (( CURRENT == 2 )); then
    commands=(${describe(firstWords(commands))})
    _describe command commands
    return
  fi
  shift words; (( CURRENT-- ))
  case $words[1] in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _bothways ]]; then _bothways "$@"; else compdef _bothways bothways; fi
`
}

function zshOption(name: string, option: Option, language: Language): string {
  const { short, multiple, value, completion } = option
  const says = plain(option.says[language]).replace(/[[\]:\\]/g, '\\$&')
  const action =
    completion === 'file' ? '_files' : completion === undefined ? ' ' : `(${completion.join(' ')})`
  const argument = value === undefined ? '' : `:${value.replace(/[[\]:\\]/g, '\\$&')}:${action}`
  const flags = flagsOf(name, option)
  const others = multiple === undefined ? `(${flags.join(' ')})` : '*'
  const tail = quoted(`[${says}]${argument}`)
  return short === undefined
    ? `${quoted(others === '*' ? '*' : '')}--${name}${tail}`
    : `${quoted(others)}{${flags.join(',')}}${tail}`
}

function fish(commands: readonly Command[], language: Language): string {
  const lines = [
    '# fish completion for bothways: bothways completion fish > ~/.config/fish/completions/bothways.fish',
    'complete -c bothways -f',
  ]
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ')
    const others = secondWords(commands, first).map(lastWord)
    const isFirst = others.length === 0 ? '' : `; and not __fish_seen_subcommand_from ${others.join(' ')}`
    const offeredWhen =
      second === undefined ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${first}${isFirst}`
    const says = quoted(plain(command.says[language]))
    lines.push(`complete -c bothways -n '${offeredWhen}' -a ${lastWord(command)} -d ${says}`)
    const when =
      second === undefined
        ? `__fish_seen_subcommand_from ${first}${isFirst}`
        : `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
    if (command.completion !== undefined)
      lines.push(`complete -c bothways -n '${when}' ${fishWords(command.completion)}`)
    for (const [name, option] of Object.entries(command.options)) {
      const short = option.short === undefined ? '' : ` -s ${option.short}`
      const value = option.type === 'boolean' ? '' : ` -r ${fishWords(option.completion)}`
      lines.push(
        `complete -c bothways -n '${when}' -l ${name}${short}${value} -d ${quoted(plain(option.says[language]))}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

function fishWords(completion: Option['completion']): string {
  if (completion === undefined) return '-f'
  return completion === 'file' ? '-F' : `-f -a '${completion.join(' ')}'`
}

function plain(text: string): string {
  return text.replaceAll('`', '')
}

/** For all three shells: an apostrophe ends the quotes, stands escaped, and begins them again. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
