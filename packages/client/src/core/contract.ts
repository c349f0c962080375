// The build puts these types into this package, which depends on no other.
export type {
  MethodInput,
  MethodName,
  MethodOutput,
  TopicData,
  TopicName,
  TypeOfContract,
} from '../../../bothways/src/hub/declarations/contract-types.js'
