import { ClientError, queueFull, unanswered } from './client-error.ts'
import type { Environment } from './environment.ts'
import type { Call, Lasting } from './line.ts'
import { errorOf, jsonOf, type ServerMessage } from './messages.ts'

export interface RequestsBounds {
  readonly maxQueueCount: number
  readonly requestTimeoutMs: number
}

/** Requests without their answer. Each is sent once: its effect at the server must not happen twice. */
export interface Requests extends Lasting {
  /** @throws ClientError `invalid_data`, `queue_full` */
  add(method: string, input: unknown): Promise<unknown>
}

interface Waiting {
  /** Whether it has been sent. */
  isSent: boolean
  send(): void
  fail(error: unknown): void
}

export function createRequests(
  { maxQueueCount, requestTimeoutMs }: RequestsBounds,
  environment: Environment,
  call: Call,
): Requests {
  const all = new Set<Waiting>()
  const failAll = (isOver: boolean) => {
    for (const waiting of all) if (isOver || waiting.isSent) waiting.fail(unanswered(waiting.isSent))
  }
  return {
    add(method, input) {
      const data = jsonOf(input)
      if (all.size >= maxQueueCount) throw queueFull(`${maxQueueCount} requests`)
      return new Promise((resolve, reject) => {
        const end = () => {
          all.delete(waiting)
          cancel()
        }
        const cancel = environment.setTimer(() => {
          const text = `No answer to ${method} within ${requestTimeoutMs} ms.`
          waiting.fail(new ClientError('timeout', text, !waiting.isSent))
        }, requestTimeoutMs)
        const waiting: Waiting = {
          isSent: false,
          send() {
            try {
              const message = { type: 'request', method }
              const answered = (answer: ServerMessage) => {
                if (answer.type !== 'response') return waiting.fail(errorOf(answer))
                end()
                resolve(answer.data)
              }
              waiting.isSent = call(message, answered, data)
            } catch (error) {
              waiting.fail(error)
            }
          },
          fail(error) {
            end()
            reject(error)
          },
        }
        all.add(waiting)
        waiting.send()
      })
    },
    connected() {
      // A request of a listener that has just heard of this connection has gone out.
      for (const waiting of all) if (!waiting.isSent) waiting.send()
    },
    disconnected: () => failAll(false),
    closed: () => failAll(true),
  }
}
