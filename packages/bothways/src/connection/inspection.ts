import type { InspectOptions, inspect } from 'node:util'

/** The name of the method that `console.log` and `util.inspect` ask an object for. */
const custom = Symbol.for('nodejs.util.inspect.custom')

/**
 * Makes `console.log` show what one wants to know of an object instead of `Name {}`; facts that are undefined are left
 * out. The method is not enumerable, as a class's own are not.
 */
export function defineInspection<Instance extends object>(
  { prototype }: { readonly prototype: Instance },
  name: string,
  factsOf: (instance: Instance) => Readonly<Record<string, unknown>>,
): void {
  Object.defineProperty(prototype, custom, {
    configurable: true,
    value(this: Instance, depth: number, options: InspectOptions, inspectValue: typeof inspect): string {
      // The prototype itself may be shown, too.
      if (depth < 0 || this === prototype) return `[${name}]`
      const known = Object.entries(factsOf(this)).filter(([, value]) => value !== undefined)
      const nextDepth = typeof options.depth === 'number' ? options.depth - 1 : Number.POSITIVE_INFINITY
      return `${name} ${inspectValue(Object.fromEntries(known), { ...options, depth: nextDepth })}`
    },
  })
}

const stateNames = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const

/** The name of a `readyState`. */
export function stateName(readyState: number): string {
  return stateNames[readyState] ?? String(readyState)
}
