import { expect, test } from 'vitest'
import { readUnixAddress } from './unix-socket.ts'

test.each([
  ['ws+unix:/run/a.sock', '/run/a.sock', 'ws://localhost/'],
  ['ws+unix:/run/a.sock:/chat?x=1:2', '/run/a.sock', 'ws://localhost/chat?x=1:2'],
  ['ws+unix:///run/a.sock:/chat', '/run/a.sock', 'ws://localhost/chat'],
  ['ws+unix:./a b.sock:/', './a b.sock', 'ws://localhost/'],
  ['WSS+UNIX:/a:/b', '/a', 'wss://localhost/b'],
])('%s is the socket %s', (text, path, url) => {
  expect(readUnixAddress(text)).toEqual({ path, url, isSecure: url.startsWith('wss') })
})

test.each(['ws://localhost/', 'ws+unix:', 'ws+unix::/x', 'http+unix:/a:/b', 'ws+unix:/a:b'])(
  '%s is none',
  text => {
    expect(readUnixAddress(text)).toBeUndefined()
  },
)
