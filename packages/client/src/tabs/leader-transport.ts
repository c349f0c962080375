import {
  createTimer,
  type Ending,
  type Environment,
  type Transport,
  type TransportHandler,
} from '../core/transport-kit.ts'
import { type Channel, listenOn, type Origin } from './channel.ts'

/** A leader answers at once; one that has said nothing for so long is frozen. In ms, up to twice that. */
const silentMs = 2_000

export interface LeaderTransportHandler {
  /** Nobody leads, or the leader is frozen. */
  onSilence(): void
  /** There are no locks or no channel here. */
  onRefused(): void
}

/** From the client of a tab to the leader. */
export interface LeaderTransport extends Transport {
  begin(): Promise<void>
  end(ending: Ending): void
}

export function joinLeader(
  name: string,
  { BroadcastChannel, locks }: Origin,
  environment: Environment,
  client: TransportHandler,
  { onSilence, onRefused }: LeaderTransportHandler,
): LeaderTransport {
  const tab = crypto.randomUUID()
  const silence = createTimer(environment)
  let channel: Channel | undefined
  let leader: string | undefined
  let isWelcome = false
  let isOver = false
  let letGo: (() => void) | undefined

  const send: Transport['send'] = (message, data) => {
    // As JSON has it: a value from the program may have more.
    channel?.postMessage({ from: tab, message: JSON.parse(JSON.stringify(message)), data })
  }
  const close = () => {
    isOver = true
    silence()
    send({ type: 'bye' })
    channel?.close()
    channel = undefined
    letGo?.()
  }
  const end = (ending: Ending) => {
    if (isOver) return
    close()
    client.onEnd(ending)
  }
  const sayHello = () => {
    send({ type: 'hello' })
    silence(onSilence, silentMs * (1 + environment.random()))
  }
  return {
    async begin() {
      // The caller of `open` has to have it first.
      await undefined
      if (isOver) return
      try {
        channel = new BroadcastChannel(name)
        listenOn(channel, said => {
          if ('leader' in said) {
            if (isWelcome) return end({ code: 'lost', isOtherNext: true })
            leader = said.leader
            if (letGo !== undefined) sayHello()
          } else if ('to' in said) {
            const { by, to, message, ending } = said
            leader ??= by
            // A leader that was frozen and does not know yet that another one leads is not heard.
            if (leader !== by || !to.includes(tab)) return
            silence()
            if (ending !== undefined) end(ending)
            if (message === undefined) return
            isWelcome ||= message.type === 'welcome'
            client.onMessage(message)
          }
        })
        // Held as long as this lasts: the leader sees by it when this tab is no more.
        const hold = () =>
          new Promise<void>(resolve => {
            letGo = resolve
            if (isOver) resolve()
            else sayHello()
          })
        await locks.request(`${name} ${tab}`, {}, hold)
      } catch {
        onRefused()
      }
    },
    send,
    close,
    end,
  }
}
