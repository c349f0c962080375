export { RedisBroker, type RedisBrokerOptions } from './redis-broker.ts'
export type { IoRedisClient, NodeRedisClient, RedisClient } from './redis-client.ts'
