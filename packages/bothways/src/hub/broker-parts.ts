// `bothways/broker`: what brokers are made of, besides the interface and the errors of the root entry.
export { invalidOption, longestTimerMs } from '../connection/option-checks.ts'
export {
  aFunction,
  type OptionRules,
  oneOf,
  resolveOptions,
  wholeNumber,
} from '../connection/option-rules.ts'
export { Audience } from './audience.ts'
export { carriedAlone } from './broker.ts'
export { useBroker } from './broker-use.ts'
export { isDataText } from './json-data.ts'
export { LocalPresence } from './local-presence.ts'
export { newCheck, newEpoch, type Position, readPosition, writePosition } from './position.ts'
export { fingerprintOf } from './publication-key.ts'
