import { Adapter, type AdapterConstructor } from './adapter.ts'
import { ClusterAdapter } from './cluster-adapter.ts'
import type { AnyNamespace } from './erased.ts'

/** The adapter of a namespace: the program's own, one that joins servers, or one for this server alone. */
export function makeAdapter(nsp: AnyNamespace): Adapter {
  const { server } = nsp
  const maker = server.adapter()
  if (maker !== undefined) return make(maker, nsp)
  const { cluster } = server._opts
  return cluster === undefined ? new Adapter(nsp) : new ClusterAdapter(nsp, cluster)
}

/** A class or an ordinary function is called with `new`, as npm's socket.io does; an arrow function cannot be. */
function make(maker: AdapterConstructor, nsp: AnyNamespace): Adapter {
  if (maker.prototype === undefined) return (maker as (nsp: AnyNamespace) => Adapter)(nsp)
  return new (maker as new (nsp: AnyNamespace) => Adapter)(nsp)
}
