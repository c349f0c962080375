export class BrokerProcess {
  static start(kind: 'redis' | 'nats', seed: number): Promise<BrokerProcess>
  readonly name: string
  readonly directName: string
  readonly troubles: number
  restart(): Promise<void>
  end(): Promise<void>
}
