// The app of the test of the hooks: each hook in a component of its own, in StrictMode.
import {
  BothwaysProvider,
  useConnection,
  useMembers,
  usePublish,
  useRequest,
  useStateTopic,
  useTopic,
  useWebSocket,
} from '@bothways/react'
import { createElement as h, StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'

function Room() {
  const { publications, status, gapCount } = useTopic('room/1', { last: 50, presence: { name: 'Li Si' } })
  const publish = usePublish('room/1')
  return h(
    'section',
    { id: 'room' },
    h('p', { id: 'room-status' }, `${status} ${gapCount}`),
    h(
      'ul',
      null,
      publications.map(({ position, data }) => h('li', { key: position }, data)),
    ),
    h('button', { type: 'button', id: 'say', onClick: () => publish('你好') }, 'Say'),
  )
}

function Badge() {
  return h(
    'p',
    { id: 'members' },
    useMembers('room/1')
      .map(({ data }) => data.name)
      .join(),
  )
}

function Load() {
  const [value, set] = useStateTopic('load')
  return h('button', { type: 'button', id: 'load', onClick: () => set((value ?? 0) + 1) }, String(value))
}

function Ask() {
  const ask = useRequest('echo')
  const [answer, setAnswer] = useState('')
  return h('button', { type: 'button', id: 'ask', onClick: async () => setAnswer(await ask('答')) }, answer)
}

/** Its first effect runs before that of the provider, which makes the client. */
function AtOnce() {
  const ask = useRequest('echo')
  const publish = usePublish('room/2')
  const [answers, setAnswers] = useState([])
  useEffect(() => {
    let isHere = true
    void Promise.all([ask('asked'), publish('said')]).then(([answer, position]) => {
      if (isHere) setAnswers([answer, typeof position])
    })
    return () => {
      isHere = false
    }
  }, [ask, publish])
  return h('p', { id: 'at-once' }, answers.join(' '))
}

function Connection() {
  return h('p', { id: 'connection' }, useConnection().status)
}

function Plain() {
  const { lastMessage, readyState, send } = useWebSocket(`ws://${location.host}/echo`)
  return h(
    'button',
    { type: 'button', id: 'plain', onClick: () => send('plain') },
    `${readyState} ${lastMessage ?? ''}`,
  )
}

function App() {
  const [isShown, setShown] = useState(true)
  return h(
    BothwaysProvider,
    { url: '/bothways' },
    h('button', { type: 'button', id: 'toggle', onClick: () => setShown(!isShown) }, 'Toggle'),
    h(Connection),
    h(AtOnce),
    isShown && [
      h(Badge, { key: 1 }),
      h(Room, { key: 2 }),
      h(Load, { key: 3 }),
      h(Ask, { key: 4 }),
      h(Plain, { key: 5 }),
    ],
  )
}

createRoot(document.querySelector('#root')).render(h(StrictMode, null, h(App)))
