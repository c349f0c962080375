/** One line for the person at the terminal: the next step, or the problem. */
export function say(line) {
  process.stdout.write(`${line}\n`)
}

/** The sentence in the language of the locale, as `bothways` chooses it: English, unless it asks for Chinese. */
export function inLocale({ en, zh }) {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env
  return /^zh(?:$|[-_.@])/i.test(LC_ALL || LC_MESSAGES || LANG || '') ? zh : en
}

/** Ends the command with a message that says what to do; the stack would not help anybody. */
export class Stop extends Error {}

/** Runs a command's main function; a {@link Stop} becomes its message and exit code 1. */
export async function run(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
