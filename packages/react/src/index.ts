export { createHooks, type Hooks } from './create-hooks.ts'
export { BothwaysProvider, type BothwaysProviderProps, useClient } from './provider.ts'
export {
  type TopicOptions,
  type TopicState,
  useConnection,
  useMembers,
  usePublish,
  useRequest,
  useStateTopic,
  useTopic,
} from './topic-hooks.ts'
export { useWebSocket, type WebSocketOptions, type WebSocketState } from './use-web-socket.ts'
