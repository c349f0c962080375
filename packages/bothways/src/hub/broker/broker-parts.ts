// `bothways/broker`: the parts of brokers, besides the interface and the errors of the root entry.
export { invalidOption, longestTimerMs } from '../../connection/option-checks.ts'
export {
  aFunction,
  type OptionRules,
  oneOf,
  resolveOptions,
  wholeNumber,
} from '../../connection/option-rules.ts'
export { LocalPresence } from '../presence/local-presence.ts'
export { isDataText } from '../publishing/json-data.ts'
export { fingerprintOf } from '../publishing/publication-key.ts'
export { Audience } from './audience.ts'
export { carriedAlone } from './broker.ts'
export { useBroker } from './broker-use.ts'
export { newCheck, newEpoch, type Position, readPosition, writePosition } from './position.ts'
