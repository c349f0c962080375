import type {
  Client,
  Contract,
  Member,
  MethodInput,
  MethodName,
  MethodOutput,
  PublishOptions,
  TopicData,
  TopicName,
} from '@bothways/client'
import { useClient } from './provider.ts'
import {
  type TopicOptions,
  type TopicState,
  useMembers,
  usePublish,
  useRequest,
  useStateTopic,
  useTopic,
} from './topic-hooks.ts'

type Set<Data> = (data: Data, options?: PublishOptions) => Promise<string | undefined>

/** The hooks for topics and methods that a contract names, with their types. */
export interface Hooks<C extends Contract> {
  useClient(): Client<C> | undefined
  useTopic<Name extends TopicName<C>>(
    name: Name,
    options?: TopicOptions,
  ): TopicState<TopicData<C, Name, 'output'>>
  useMembers(name: TopicName<C>, options?: TopicOptions): readonly Member[]
  usePublish<Name extends TopicName<C>>(name: Name): Set<TopicData<C, Name, 'input'>>
  useStateTopic<Name extends TopicName<C>>(
    name: Name,
  ): readonly [value: TopicData<C, Name, 'output'> | undefined, set: Set<TopicData<C, Name, 'input'>>]
  useRequest<Name extends MethodName<C>>(
    method: Name,
  ): (
    ...[data]: undefined extends MethodInput<C, Name>
      ? [data?: MethodInput<C, Name>]
      : [data: MethodInput<C, Name>]
  ) => Promise<MethodOutput<C, Name>>
}

const hooks = { useClient, useTopic, useMembers, usePublish, useStateTopic, useRequest }

/**
 * The same hooks, that know what the server offers: another name, other data or another method does not compile.
 *
 * @example
 * import type { contract } from '../server/contract'
 * export const { useTopic, usePublish } = createHooks<typeof contract>()
 */
export function createHooks<C extends Contract = Contract>(): Hooks<C> {
  return hooks as Hooks<never> as Hooks<C>
}
