import { checkOptionNames, invalidOption } from '../../connection/option-checks.ts'
import { aFunction, type OptionRules, resolveOptions, yesOrNo } from '../../connection/option-rules.ts'
import type { HistoryPolicy } from '../broker/broker.ts'
import { HubError } from '../hub-error.ts'
import type { Contract } from './contract.ts'
import { isSchema, type Schema } from './schema.ts'

export type TopicAction = 'subscribe' | 'publish' | 'presence' | 'history'

export const actionWords: Readonly<Record<TopicAction, string>> = {
  subscribe: 'subscribe to',
  publish: 'publish to',
  presence: 'see who is in',
  history: 'read the history of',
}

/** How the topics of one declaration behave. */
export interface TopicOptions<User = undefined> {
  /** How many publications are kept, and for how long in ms. Default: none, and then there are no positions. */
  history?: { readonly count: number; readonly ageMs: number }
  /** Whether subscribers see who else is there. Default false. */
  presence?: boolean
  /** One value instead of a history: a reader that is too slow gets the newest. Default false. */
  state?: boolean
  /**
   * Opens it to sockets of plain routes, of servers that `meet` the hub: `socket.subscribe` and `socket.publish` of such a topic
   * are the hub's, with the JSON text of the data as the message. Default false.
   */
  raw?: boolean
  /**
   * Opens it to Socket.IO servers that meet the hub: the room of this name, in a namespace. An `event` carries the data as its one
   * argument; other events, or all where none is named, are data of the form `{ event, args }`. Default: not.
   */
  socketio?: boolean | SocketIoOpening
  /**
   * The schema of its data, by any library of Standard Schema (zod, valibot, ArkType …). Other data are `invalid_data`, before
   * anything is stored; the output of the schema is stored. Default: any JSON.
   */
  schema?: Schema
  /**
   * Whether a user may do this with a topic; asked for every call, also of `serve`'s anonymous users. `presence` is to see who
   * is there and to be seen. Default: everybody may everything.
   */
  authorize?(user: User, action: TopicAction, topic: string): boolean | Promise<boolean>
}

/** How a topic is a room of Socket.IO. */
export interface SocketIoOpening {
  /** Default '/'. */
  readonly namespace?: string
  /** The event whose one argument is the data. Default: none. */
  readonly event?: string
}

/**
 * Every topic that is declared at the start, with the contract's schema where there is one.
 *
 * @throws UsageError `BW_INVALID_OPTION` for one that the contract does not have, or that has a schema of its own beside it
 */
export function declaredTopics<User>(
  topics: Readonly<Record<string, TopicOptions<User> | undefined>> = {},
  contract: Contract['topics'],
): readonly (readonly [pattern: string, options: TopicOptions<User>])[] {
  if (contract === undefined)
    return Object.entries(topics).map(([pattern, options]) => [pattern, options ?? {}])
  for (const [pattern, options] of Object.entries(topics)) {
    const what = `topics[${JSON.stringify(pattern)}]`
    if (!Object.hasOwn(contract, pattern)) {
      throw invalidOption(
        what,
        `left out, or a topic of the contract (${Object.keys(contract).join(', ')})`,
        options,
      )
    }
    if (options?.schema !== undefined) {
      throw invalidOption(`${what}.schema`, 'left out: the contract says what its data are', options.schema)
    }
  }
  return Object.entries(contract).map(([pattern, { data }]) => [
    pattern,
    { ...topics[pattern], schema: data },
  ])
}

/** {@link TopicOptions}, checked. */
export interface Declaration<User> {
  readonly history: HistoryPolicy | undefined
  readonly hasPresence: boolean
  readonly isState: boolean
  readonly schema: Schema | undefined
  readonly isRaw: boolean
  readonly socketio: SocketIoOpening | undefined
  readonly authorize: TopicOptions<User>['authorize']
}

/** @throws HubError `bad_request` for a topic that is not declared with `state` */
export function expectState({ isState }: Pick<Declaration<never>, 'isState'>, name: string): void {
  if (isState) return
  const text = `${name} has publications, and no state: publish to it, or declare it with state: true.`
  throw new HubError('bad_request', text)
}

/** {@link TopicOptions} with every default filled in. */
type TopicSettings<User> = Readonly<
  Required<Pick<TopicOptions<User>, 'presence' | 'state' | 'raw'>> & {
    [Name in 'history' | 'schema' | 'authorize']: TopicOptions<User>[Name]
  } & { socketio: SocketIoOpening | undefined }
>

const historyRules: OptionRules<HistoryPolicy, HistoryPolicy> = {
  count: atLeastOne,
  ageMs: atLeastOne,
}

function atLeastOne(history: HistoryPolicy, name: keyof HistoryPolicy): number {
  const value = history[name]
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw invalidOption(`history.${name}`, 'a whole number of at least 1', value)
}

const topicRules: OptionRules<TopicOptions<unknown>, TopicSettings<unknown>> = {
  history: ({ history }, name) => history && resolveOptions(name, history, historyRules),
  presence: yesOrNo(false),
  state: yesOrNo(false),
  raw: yesOrNo(false),
  socketio: ({ socketio = false }, name) => {
    if (typeof socketio === 'boolean') return socketio ? {} : undefined
    checkOptionNames(name, socketio, { namespace: true, event: true })
    return socketio
  },
  schema: ({ schema }, name) => {
    if (schema === undefined || isSchema(schema)) return schema
    throw invalidOption(name, 'a schema with ~standard, version 1', schema)
  },
  authorize: aFunction,
}

/** @throws UsageError `BW_INVALID_OPTION` or `BW_UNKNOWN_OPTION` */
export function resolveTopicOptions<User>(options: TopicOptions<User>): Declaration<User> {
  const settings = resolveOptions('a topic', options as TopicOptions<unknown>, topicRules)
  const { history, presence, state, raw, schema, socketio, authorize } = settings as TopicSettings<User>
  if (state && history !== undefined) {
    throw invalidOption('state', 'without history: a state topic has one value', state)
  }
  return { history, hasPresence: presence, isState: state, isRaw: raw, schema, socketio, authorize }
}
