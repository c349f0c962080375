import { expect, test } from 'vitest'
import { completeCommand, parseLine } from './terminal-line.ts'

test.each([
  ['', { type: 'nothing' }],
  ['hello', { type: 'send', text: 'hello' }],
  ['/text /quit', { type: 'send', text: '/quit' }],
  ['/hex 00 fF:7f', { type: 'bytes', bytes: Uint8Array.of(0, 255, 127) }],
  ['/file a b.bin', { type: 'file', path: 'a b.bin' }],
  ['/close', { type: 'close', code: undefined, reason: undefined }],
  ['/close 4000 see you', { type: 'close', code: 4000, reason: 'see you' }],
  ['/ping', { type: 'ping' }],
  ['/pnig', { type: 'unknown', name: 'pnig' }],
])('%j asks for %o', (line, command) => {
  expect(parseLine(line)).toMatchObject(command)
})

test.each(['/hex', '/hex 0', '/hex xy', '/file'])('%j says what is wrong', line => {
  expect(() => parseLine(line)).toThrow('takes')
})

test('The tab key completes commands, and nothing else', () => {
  expect(completeCommand('/h')).toEqual([['/hex', '/help'], '/h'])
  expect(completeCommand('h')).toEqual([[], 'h'])
})
