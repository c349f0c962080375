import type { Cluster } from 'node:cluster'

/** Node's own, loaded by those who use it. */
export const nodeCluster = (): Cluster => process.getBuiltinModule('node:cluster') as unknown as Cluster
