/** A client's socket in one namespace, as {@link JoinedSockets} knows it. */
interface Joined {
  readonly nsp: { readonly name: string }
}

/** The sockets of one client by the names of their namespaces: nearly always one, which takes no map. */
export class JoinedSockets<Socket extends Joined> {
  #first: Socket | undefined
  #others: Map<string, Socket> | undefined

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0)
  }

  get all(): Socket[] {
    const others = this.#others === undefined ? [] : [...this.#others.values()]
    return this.#first === undefined ? others : [this.#first, ...others]
  }

  get(name: string): Socket | undefined {
    return this.#first?.nsp.name === name ? this.#first : this.#others?.get(name)
  }

  add(socket: Socket): void {
    if (this.#first === undefined) {
      this.#first = socket
    } else {
      this.#others ??= new Map()
      this.#others.set(socket.nsp.name, socket)
    }
  }

  /** Another one of the same namespace stays. */
  delete(socket: Socket): void {
    const { name } = socket.nsp
    if (this.#first === socket) this.#first = undefined
    else if (this.#others?.get(name) === socket) this.#others.delete(name)
  }

  clear(): void {
    this.#first = undefined
    this.#others = undefined
  }
}
