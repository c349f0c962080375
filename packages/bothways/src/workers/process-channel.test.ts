import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { ProcessChannel } from './process-channel.ts'

/** Another process that takes what it is sent when it is told to. */
class Other extends EventEmitter {
  readonly connected = true
  readonly sent: object[] = []
  #taken: (() => void)[] = []

  send(message: object, whenTaken: () => void): boolean {
    this.sent.push(message)
    this.#taken.push(whenTaken)
    return true
  }

  takeAll(): void {
    for (const whenTaken of this.#taken.splice(0)) whenTaken()
  }
}

test('What waits for a process is bounded, and there is room again when it has taken it', () => {
  const other = new Other()
  let full = 0
  const channel = new ProcessChannel<string, string>(
    other,
    () => {},
    () => full++,
  )
  const mebibyte = 'x'.repeat(1024 * 1024)
  let count = 0
  while (channel.send(mebibyte)) count++
  expect(count).toBe(63)
  expect(full).toBe(1)
  other.takeAll()
  expect(channel.send(mebibyte)).toBe(true)
})

test('Messages of the program itself pass by', () => {
  const other = new Other()
  const heard: string[] = []
  const channel = new ProcessChannel<string, string>(
    other,
    message => heard.push(message),
    () => {},
  )
  channel.send('ours')
  other.emit('message', { type: 'theirs' })
  other.emit('message', 'theirs')
  other.emit('message', null)
  for (const bothways of ['no JSON', 5, null, {}]) other.emit('message', { bothways })
  other.emit('message', other.sent[0])
  expect(heard).toEqual(['ours'])
})
