import type { Sink } from '../../connection/channel.ts'
import type { Publication } from '../../connection/sending/publication.ts'
import type { SendOutcome } from '../../connection/sending/send-outcome.ts'
import type { StoredPublication } from '../broker/broker.ts'
import { GapMessage, PublicationMessage } from '../delivery/messages.ts'
import { type TopicPublication, topicPublication } from './topic-publication.ts'

export interface TopicListenerInit<Data> {
  listener(publication: TopicPublication<Data>): void
  onGap(position: string | undefined): void
  /** The errors of these two are no business of the other subscribers, nor of the publisher. */
  onError(error: unknown): void
}

/** A function of the program that subscribes to a topic. */
export class TopicListener<Data> implements Sink {
  readonly #init: TopicListenerInit<Data>
  #isAfterGap = false

  constructor(init: TopicListenerInit<Data>) {
    this.#init = init
  }

  sendShared(message: Publication): SendOutcome {
    if (message instanceof PublicationMessage) this.#tell(message.publication)
    else if (message instanceof GapMessage) this.tellGap(message.position)
    return 'sent'
  }

  #tell(publication: StoredPublication): void {
    const isAfterGap = this.#isAfterGap
    this.#isAfterGap = false
    try {
      this.#init.listener(topicPublication(publication, isAfterGap))
    } catch (error) {
      this.#init.onError(error)
    }
  }

  tellGap(position: string | undefined): void {
    this.#isAfterGap = true
    try {
      this.#init.onGap(position)
    } catch (error) {
      this.#init.onError(error)
    }
  }
}
