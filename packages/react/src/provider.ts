import { type Client, type ClientOptions, type ConnectionState, createClient } from '@bothways/client'
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useState,
} from 'react'
import { Shared } from './shared.ts'

const clients = new Shared<Client>(client => client.close())

/** Null: there is no provider. Undefined: it has no client yet. */
const Context = createContext<Client | undefined | null>(null)

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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the options of the first count
  useEffect(() => {
    if (url === undefined) return
    const [taken, giveBack] = clients.take(url, () => createClient(url, options))
    setOwn(taken)
    return giveBack
  }, [url])
  return createElement(Context.Provider, { value: client ?? own }, children)
}

/** The client, or undefined on the server and before the first effect. */
export function useClient(): Client | undefined {
  const client = useContext(Context)
  if (client !== null) return client
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
