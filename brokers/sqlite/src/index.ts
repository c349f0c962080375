export { SqliteBroker, type SqliteBrokerOptions } from './sqlite-broker.ts'
