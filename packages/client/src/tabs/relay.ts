import type {
  ClientMessage,
  Ending,
  Environment,
  Line,
  LineHandler,
  ServerMessage,
  Welcome,
} from '../core/transport-kit.ts'
import type { FromTab } from './channel.ts'
import { createRelayedTopic, type RelayedTopic } from './relayed-topic.ts'

/** Tabs number their calls each for themselves: the longest number here is so many characters longer than theirs. */
const idLength = 16
/** A leader that answers nothing for so long is frozen, in ms: asking it costs nothing. */
const pingMs = 5_000

export interface RelayHandler {
  /** Opens the one connection. */
  open(handler: LineHandler): Line
  tell(tabs: readonly string[], said: { message: ServerMessage } | { ending: Ending }): void
  /** Calls when a tab is no more. */
  watch(tab: string, onGone: () => void): void
}

/** The leading tab's part for all: it has the connection, and is the server for the clients of the tabs, its own among them. */
export interface Relay {
  /** Opens the connection unless there is one. */
  connect(): void
  probe(): void
  end(): void
  hear(said: FromTab): void
}

export function createRelay(environment: Environment, { open, tell, watch }: RelayHandler): Relay {
  /** Of each, the topics where a publication failed as retryable: its later ones would overtake it. */
  const tabs = new Map<string, Set<string>>()
  const topics = new Map<string, RelayedTopic>()
  /** The functions that wait for the answers to calls, by id. */
  const answers = new Map<number, (answer: ServerMessage) => void>()
  let line: Line | undefined
  let welcome: Welcome | undefined
  let lastId = 0

  const say = (to: readonly string[], message: ServerMessage) => tell(to, { message })

  const dismissAll = (ending: Ending) => {
    const all = [...tabs.keys()]
    for (const topic of topics.values()) topic.forget()
    for (const known of [tabs, topics, answers]) known.clear()
    tell(all, { ending })
  }

  const send = (
    message: ClientMessage,
    data: string | undefined,
    onAnswer: (answer: ServerMessage) => void,
  ) => {
    answers.set(++lastId, onAnswer)
    line?.send({ ...message, id: lastId }, data)
  }

  const topicOf = (name: string): RelayedTopic => {
    const topic =
      topics.get(name) ??
      createRelayedTopic(name, environment, {
        call: (message, onAnswer) =>
          send(message, undefined, answer => {
            onAnswer(answer)
            dropEmpty(name)
          }),
        tell: say,
      })
    topics.set(name, topic)
    return topic
  }
  const dropEmpty = (name: string) => {
    if (topics.get(name)?.isEmpty()) topics.delete(name)
  }
  const unsubscribe = (tab: string, name: string) => {
    topics.get(name)?.unsubscribe(tab)
    dropEmpty(name)
  }
  const drop = (tab: string) => {
    tabs.delete(tab)
    for (const name of topics.keys()) unsubscribe(tab, name)
  }

  const call = (tab: string, message: ClientMessage, data?: string) => {
    const { type, id, topic = '', restart } = message
    const interrupted = tabs.get(tab)
    if (restart) interrupted?.delete(topic)
    if (type === 'publish' && interrupted?.has(topic)) {
      return say([tab], { type: 'error', id, code: 'out_of_order', message: '', retryable: true })
    }
    send(message, data, answer => {
      if (type === 'publish' && answer.retryable) interrupted?.add(topic)
      say([tab], { ...answer, id })
    })
  }

  const receive = (message: ServerMessage) => {
    const { id, topic = '' } = message
    if (id === undefined) {
      topics.get(topic)?.receive(message)
      return dropEmpty(topic)
    }
    const answer = answers.get(id)
    answers.delete(id)
    answer?.(message)
  }

  return {
    connect() {
      line ??= open({
        onWelcome(said) {
          // Another connection took its place: each tab resumes on it.
          if (welcome !== undefined) dismissAll({ code: 'lost', isOtherNext: true })
          const { maxMessageBytes = 131_072 } = said
          welcome = { ...said, pingMs, maxMessageBytes: maxMessageBytes - idLength }
          say([...tabs.keys()], welcome)
        },
        onMessage: receive,
        onEnd(ending) {
          line = undefined
          welcome = undefined
          dismissAll(ending)
        },
      })
    },
    probe() {
      if (welcome !== undefined) line?.probe()
    },
    end: () => line?.end(),
    hear({ from, message, data }) {
      const { type, topic = '' } = message
      if (type === 'hello') {
        if (!tabs.has(from)) watch(from, () => drop(from))
        tabs.set(from, tabs.get(from) ?? new Set())
        say([from], welcome ?? { type: 'pong' })
      } else if (!tabs.has(from)) {
        // Of a line that has ended.
      } else if (type === 'bye') drop(from)
      else if (type === 'ping') say([from], { type: 'pong' })
      else if (type === 'subscribe') topicOf(topic).subscribe(from, message)
      else if (type === 'unsubscribe') unsubscribe(from, topic)
      else call(from, message, data)
    },
  }
}
