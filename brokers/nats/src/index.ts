export { NatsBroker, type NatsBrokerOptions } from './nats-broker.ts'
export type { NatsConnection, NatsHeaders, NatsMessage } from './nats-connection.ts'
