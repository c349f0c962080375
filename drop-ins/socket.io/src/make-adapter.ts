import { Adapter, type AdapterConstructor, type AdapterNamespace } from './adapter.ts'
import { busOf } from './broker-bus.ts'
import { ClusterAdapter } from './cluster-adapter.ts'
import type { ServerSettings } from './server-options.ts'

/** The adapter of a namespace: the program's own, one that joins servers, or one for this server alone. */
export function makeAdapter(
  nsp: AdapterNamespace,
  maker: AdapterConstructor | undefined,
  cluster: ServerSettings['cluster'],
): Adapter {
  if (maker !== undefined) return make(maker, nsp)
  return cluster === undefined ? new Adapter(nsp) : new ClusterAdapter(nsp, busOf(cluster))
}

/** A class or an ordinary function is called with `new`, as npm's socket.io does; an arrow function cannot be. */
function make(maker: AdapterConstructor, nsp: AdapterNamespace): Adapter {
  if (maker.prototype === undefined) return (maker as (nsp: AdapterNamespace) => Adapter)(nsp)
  return new (maker as new (nsp: AdapterNamespace) => Adapter)(nsp)
}
