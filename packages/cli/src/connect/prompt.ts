import { createInterface, type Interface } from 'node:readline'
import { HistoryFile, historyLineCount, historyPath } from './history-file.ts'
import { completeCommand } from './terminal-line.ts'

/** A prompt on this terminal, with the lines of earlier sessions. */
export function openPrompt(): Interface {
  const history = new HistoryFile(historyPath())
  const prompt = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: '> ',
    history: [...history.lines].reverse(),
    historySize: historyLineCount,
    removeHistoryDuplicates: true,
    completer: completeCommand,
  })
  prompt.on('line', line => history.add(line))
  return prompt
}

/** Whether somebody sits there who types and reads. */
export function isOnTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true
}
