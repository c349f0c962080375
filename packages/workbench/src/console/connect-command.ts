/** The same connection from a command line, as one pastes it into a shell. */
export function connectCommand(address: string, protocols: readonly string[]): string {
  const words = ['npx', 'bothways', 'connect', address, ...protocols.flatMap(it => ['--protocol', it])]
  return words.map(shellWord).join(' ')
}

/** In single quotes where a shell would read something else (POSIX XCU §2.2.2). */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
