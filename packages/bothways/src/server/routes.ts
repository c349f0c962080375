import { UsageError } from '@bothways/protocol'
import { noParams, type RouteParams } from '../opening/route-params.ts'
import { RoutePattern } from './route-pattern.ts'

/** The route that serves a path, and the path's values for its parameters. */
export interface RouteMatch<Route> {
  readonly route: Route
  readonly params: RouteParams
}

interface Entry<Route> {
  readonly pattern: RoutePattern
  readonly route: Route
}

/** Which route serves which path: exact ones, and patterns. */
export class Routes<Route> {
  readonly #exact = new Map<string, RouteMatch<Route>>()
  readonly #patterns: Entry<Route>[] = []

  /**
   * The path is looked at first.
   *
   * @throws UsageError `BW_INVALID_OPTION` for a path that cannot be one, `BW_ROUTE_EXISTS` for a second one
   */
  add(path: string, make: () => Route): void {
    const pattern = new RoutePattern(path)
    const route = make()
    const same = this.#patterns.find(it => it.pattern.shape === pattern.shape)?.pattern.path
    if (this.#exact.has(path) || same !== undefined) {
      throw new UsageError('BW_ROUTE_EXISTS', `There is a route for '${same ?? path}' already.`)
    }
    if (pattern.isLiteral) {
      this.#exact.set(path, { route, params: noParams })
      return
    }
    this.#patterns.push({ pattern, route })
    this.#patterns.sort((a, b) => (a.pattern.rank < b.pattern.rank ? -1 : 1))
  }

  /** The exact path's route, else that of the pattern which says most: a literal segment goes before a parameter. */
  find(path: string): RouteMatch<Route> | undefined {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact
    for (const { pattern, route } of this.#patterns) {
      const params = pattern.match(path)
      if (params !== undefined) return { route, params }
    }
    return undefined
  }

  get paths(): string[] {
    return [...this.#exact.keys(), ...this.#patterns.map(it => it.pattern.path)]
  }
}
