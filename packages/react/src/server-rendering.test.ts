import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test, vi } from 'vitest'
import { BothwaysProvider, useConnection, useStateTopic, useTopic, useWebSocket } from './index.ts'

function Page() {
  const { publications, status } = useTopic('room/1', { last: 50 })
  const [load] = useStateTopic('load')
  const { readyState } = useWebSocket('ws://server/')
  return createElement(
    'p',
    null,
    JSON.stringify([publications, status, load, readyState, useConnection().status]),
  )
}

test('On a server the hooks render what is there before a connection, and connect to nothing', () => {
  const WebSocket = vi.fn()
  vi.stubGlobal('WebSocket', WebSocket)
  try {
    const html = renderToString(
      createElement(BothwaysProvider, { url: 'ws://server/bothways' }, createElement(Page)),
    )
    expect(html.replaceAll('&quot;', '"')).toBe('<p>[[],"idle",null,0,"connecting"]</p>')
    expect(WebSocket).not.toHaveBeenCalled()
  } finally {
    vi.unstubAllGlobals()
  }
})

test('Without a provider, and in a provider without anything, hooks say so instead of waiting for ever', () => {
  expect(() => renderToString(createElement(Page))).toThrow('There is no BothwaysProvider above')
  const empty = createElement(BothwaysProvider as never, null, createElement(Page))
  expect(() => renderToString(empty)).toThrow('needs the URL of topics, or a client')
})
