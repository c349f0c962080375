import type { BrokerEvents } from 'bothways'

/** The events that a broker has told, as texts. */
export class Listener implements BrokerEvents {
  readonly said: string[] = []
  onPublication({ data }: { data: string }): void {
    this.said.push(data)
  }
  onJoined(_: string, { client }: { client: string }): void {
    this.said.push(`+${client}`)
  }
  onLeft(_: string, client: string): void {
    this.said.push(`-${client}`)
  }
  restoredCount = 0
  onRestored(): void {
    this.restoredCount++
  }
  async until(count: number): Promise<void> {
    while (this.said.length < count) await new Promise(resolve => setTimeout(resolve, 1))
  }
}
