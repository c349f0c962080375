import { type Client, type ClientOptions, type ConnectionState, createClient } from '@bothways/client'
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
} from 'react'
import { Shared } from './shared.ts'

const clients = new Shared<Client>(client => client.close())

/** The client of a provider, for calls that wait for it: effects of the components below run before the provider's. */
export class ClientSource {
  #client: Client | undefined
  #waiting: ((client: Client) => void)[] = []

  set(client: Client): void {
    this.#client = client
    for (const go of this.#waiting.splice(0)) go(client)
  }

  async get(): Promise<Client> {
    // The effect of the provider comes in the same turn, also where it is shown again: the client of before may be closed.
    await undefined
    return this.#client ?? (await new Promise<Client>(resolve => this.#waiting.push(resolve)))
  }
}

interface Provided {
  /** Undefined on the server and before the first effect. */
  readonly client: Client | undefined
  /** Another one for another URL or client. */
  readonly source: ClientSource
}

const Context = createContext<Provided | undefined>(undefined)

export type BothwaysProviderProps = {
  readonly children?: ReactNode
} & (
  | {
      /** Of the topics. Providers of one URL share a client. */
      readonly url: string
      /** As for `createClient`; those of the first provider of a URL count. */
      readonly options?: ClientOptions
      readonly client?: never
    }
  | { readonly client: Client; readonly url?: never; readonly options?: never }
)

/**
 * Gives the hooks below it a client: one that the program has made, or one for a URL, made when the first component is there and
 * closed a second after the last has gone. On the server nothing is connected.
 */
export function BothwaysProvider({ url, options, client, children }: BothwaysProviderProps): ReactElement {
  if (url === undefined && client === undefined) {
    throw new Error(
      'A BothwaysProvider needs the URL of topics, or a client: <BothwaysProvider url="/bothways">.',
    )
  }
  const [own, setOwn] = useState<Client>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is that of this URL, or client
  const source = useMemo(() => new ClientSource(), [url, client])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the options of the first count
  useEffect(() => {
    if (url === undefined) return source.set(client)
    const [taken, giveBack] = clients.take(url, () => createClient(url, options))
    setOwn(taken)
    source.set(taken)
    return giveBack
  }, [url, client, source])
  const provided = useMemo(() => ({ client: client ?? own, source }), [client, own, source])
  return createElement(Context.Provider, { value: provided }, children)
}

/** The client, or undefined on the server and before the first effect. */
export function useClient(): Client | undefined {
  return useProvided().client
}

/** The source of the client for the calls of a component. */
export function useClientSource(): ClientSource {
  return useProvided().source
}

function useProvided(): Provided {
  const provided = useContext(Context)
  if (provided !== undefined) return provided
  throw new Error(
    'There is no BothwaysProvider above: <BothwaysProvider url="/bothways"> … </BothwaysProvider>.',
  )
}

export const beforeConnection: ConnectionState = {
  status: 'connecting',
  transport: undefined,
  reason: undefined,
  nextTryAt: undefined,
}
