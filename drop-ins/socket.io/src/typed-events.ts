// The types by which programs say which events there are. `any` stands where a program's own types go: `unknown` would
// refuse them, since the parameters of functions are contravariant.

/** Event names to the types of their listeners. */
export interface EventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: see above
  [event: string]: any
}

/** Every event, with whatever arguments. */
export interface DefaultEventsMap {
  // biome-ignore lint/suspicious/noExplicitAny: see above
  [event: string]: (...args: any[]) => void
}

// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyFunction = (...args: any[]) => any
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyArguments = any[]

type IsAny<T> = 0 extends 1 & T ? true : false
/** Whether nothing is known of an event, neither its listener nor its last argument. */
type IsUntyped<Listener extends AnyFunction> = IsAny<Last<Parameters<Listener>> | Listener>

export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol)

/** The names of the events that are acknowledged: their last argument is a function. */
export type EventNamesWithAck<Map extends EventsMap, Name extends EventNames<Map> = EventNames<Map>> =
  IsUntyped<Map[Name]> extends true
    ? Name
    : Name extends Name
      ? Parameters<Map[Name]> extends never[]
        ? never
        : Last<Parameters<Map[Name]>> extends AnyFunction
          ? Name
          : never
      : never

/** The names of the others. */
export type EventNamesWithoutAck<Map extends EventsMap, Name extends EventNames<Map> = EventNames<Map>> =
  IsUntyped<Map[Name]> extends true
    ? Name
    : Name extends Name
      ? Parameters<Map[Name]> extends never[]
        ? Name
        : Last<Parameters<Map[Name]>> extends AnyFunction
          ? never
          : Name
      : never

/** The names of those whose acknowledgement may be an error: the ones after `timeout()`. */
export type EventNamesWithError<
  Map extends EventsMap,
  Name extends EventNamesWithAck<Map> = EventNamesWithAck<Map>,
> =
  IsUntyped<Map[Name]> extends true
    ? Name
    : Name extends Name
      ? Last<Parameters<Map[Name]>> extends (...args: infer Params) => unknown
        ? Params[0] extends Error
          ? Name
          : never
        : never
      : never

export type RemoveAcknowledgements<Map extends EventsMap> = {
  [Name in EventNamesWithoutAck<Map>]: Map[Name]
}

export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>

export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>

export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Name extends ReservedOrUserEventNames<Reserved, User>,
> = UntypedIfNever<
  Name extends EventNames<Reserved> ? Reserved[Name] : Name extends EventNames<User> ? User[Name] : never
>

type UntypedIfNever<Listener> = [Listener] extends [never]
  ? (...args: AnyArguments) => void | Promise<void>
  : Listener

/** An object with a typed `emit`. */
export interface TypedEventBroadcaster<EmitEvents extends EventsMap> {
  emit<Name extends EventNames<EmitEvents>>(ev: Name, ...args: EventParams<EmitEvents, Name>): boolean
}

export type Last<Tuple extends readonly unknown[]> = Tuple extends readonly [...unknown[], infer Item]
  ? Item
  : Tuple extends readonly [...infer Items, (infer Optional)?]
    ? unknown[] extends Items
      ? Tuple[number]
      : Optional
    : Tuple[number]

export type AllButLast<Tuple extends AnyArguments> = Tuple extends [...infer Head, unknown]
  ? Head
  : AnyArguments

/** The type that a promise for an acknowledgement resolves to. */
// biome-ignore lint/suspicious/noExplicitAny: what is no function is untyped
export type FirstNonErrorArg<Ack> = Ack extends (...args: infer Params) => any
  ? FirstNonError<Params>
  : // biome-ignore lint/suspicious/noExplicitAny: what is no function is untyped
    any

export type FirstNonError<Params extends unknown[]> = Params[0] extends Error ? Params[1] : Params[0]

type WithTimeoutError<Params extends AnyArguments> = {
  [At in keyof Params]: Params[At] extends (...args: infer AckParams) => infer Result
    ? AckParams[0] extends Error
      ? Params[At]
      : (err: Error, ...args: AckParams) => Result
    : Params[At]
}

type Arrays<Tuple extends unknown[]> = { [At in keyof Tuple]: Tuple[At][] }

type FirstArray<Params extends unknown[]> = Params extends [unknown, ...infer Rest]
  ? Arrays<Params> extends [...infer First, ...Arrays<Rest>]
    ? First
    : never
  : Arrays<Params>

type WithManyAnswers<Params extends AnyArguments> = {
  [At in keyof Params]: Params[At] extends (...args: infer AckParams) => infer Result
    ? AckParams extends [Error]
      ? (err: Error) => Result
      : AckParams extends [Error, ...infer Rest]
        ? (err: Error, ...args: FirstArray<Rest>) => Result
        : AckParams extends []
          ? () => Result
          : (...args: FirstArray<AckParams>) => Result
    : Params[At]
}

/** Events as they are emitted after `timeout()`: an acknowledgement gets an error or null first. */
export type DecorateAcknowledgements<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithTimeoutError<Params>) => Result
    : Map[Name]
}

/** Events as they are emitted to many: an acknowledgement gets an array of answers. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithManyAnswers<Params>) => Result
    : Map[Name]
}

/** Both. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithManyAnswers<WithTimeoutError<Params>>) => Result
    : Map[Name]
}
