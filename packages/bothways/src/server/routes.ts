import { UsageError } from '@bothways/protocol'

/** Which route serves which path: exact paths, and prefixes written `/files/*`. */
export class Routes<Route> {
  readonly #exact = new Map<string, Route>()
  readonly #prefixes: { readonly prefix: string; readonly route: Route }[] = []

  /** @throws UsageError `BW_INVALID_OPTION` for a path without its slash, `BW_ROUTE_EXISTS` for a second one */
  add(path: string, route: Route): void {
    if (!path.startsWith('/') || /[^/]\*|\*.|[?#\s]/.test(path)) {
      throw new UsageError(
        'BW_INVALID_OPTION',
        `A route's path begins with a slash and may end in /*, as '/chat' and '/rooms/*' do; got '${path}'.`,
      )
    }
    const asRequested = new URL(`ws://localhost${path}`).pathname
    if (path !== asRequested) {
      throw new UsageError(
        'BW_INVALID_OPTION',
        `No request has the path '${path}': clients send it as '${asRequested}'.`,
      )
    }
    const isPrefix = path.endsWith('*')
    const prefix = path.slice(0, -1)
    if (isPrefix ? this.#prefixes.some(it => it.prefix === prefix) : this.#exact.has(path)) {
      throw new UsageError('BW_ROUTE_EXISTS', `There is a route for '${path}' already.`)
    }
    if (!isPrefix) {
      this.#exact.set(path, route)
      return
    }
    this.#prefixes.push({ prefix, route })
    this.#prefixes.sort((a, b) => b.prefix.length - a.prefix.length)
  }

  /** The exact path's route, else that of the longest prefix. */
  find(path: string): Route | undefined {
    return this.#exact.get(path) ?? this.#prefixes.find(it => path.startsWith(it.prefix))?.route
  }

  /** For the text of a 404: what there is. */
  get paths(): string[] {
    return [...this.#exact.keys(), ...this.#prefixes.map(it => `${it.prefix}*`)]
  }
}
