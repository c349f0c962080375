import { slotCount } from './key-slot.ts'

/** A cluster as one of its servers knows it. */
export interface ClusterView {
  /** Grows with each change that the cluster agrees on. */
  readonly epoch: number
  /** Whether that server finds that the cluster can be used. */
  readonly isOk: boolean
  /** The address of the master of each slot, as `host:port`; undefined where there is none. */
  readonly masters: readonly (string | undefined)[]
  /** All addresses. */
  readonly servers: ReadonlySet<string>
}

type Server = readonly [host: string | null, port: number, ...rest: unknown[]]
type Range = readonly [first: number, last: number, master: Server, ...replicas: Server[]]

/**
 * Of the replies to `CLUSTER INFO` and `CLUSTER SLOTS`.
 *
 * @param asked the host that answered: who does not say its own host means that
 */
export function readClusterView(info: unknown, ranges: unknown, asked: string): ClusterView {
  const masters = new Array<string | undefined>(slotCount).fill(undefined)
  const servers = new Set<string>()
  const addressOf = ([host, port]: Server): string => `${host || asked}:${port}`
  for (const [first, last, master, ...replicas] of ranges as readonly Range[]) {
    masters.fill(addressOf(master), first, last + 1)
    for (const server of [master, ...replicas]) servers.add(addressOf(server))
  }
  const [, epoch = '0'] = /^cluster_current_epoch:(\d+)/m.exec(String(info)) ?? []
  return { epoch: Number(epoch), isOk: /^cluster_state:ok/m.test(String(info)), masters, servers }
}

/** The view that has seen most changes, of those that find the cluster usable. */
export function newestView(views: readonly (ClusterView | undefined)[]): ClusterView | undefined {
  let newest: ClusterView | undefined
  for (const view of views) {
    if (view?.isOk && view.epoch >= (newest?.epoch ?? 0)) newest = view
  }
  return newest
}
