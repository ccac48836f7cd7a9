/**
 * Whose a connection is, by the host name that its client asks for. One router may have all that no name matches, and it is the
 * only one where nobody names hosts.
 */
export class RouterNames {
  readonly #claims = new Map<string, readonly string[]>()
  readonly #exact = new Map<string, string>()
  /** By what follows `*.`. */
  readonly #below = new Map<string, string>()
  #fallback: string | undefined

  /** The router that names no hosts. */
  get fallback(): string | undefined {
    return this.#fallback
  }

  /** Some router names hosts: a connection's first bytes have to be read before it is known whose it is. */
  get shared(): boolean {
    return this.#exact.size + this.#below.size > 0
  }

  get routers(): string[] {
    return [...this.#claims.keys()]
  }

  /** What a router names; nothing for the one that names no hosts. */
  hostsOf(router: string): readonly string[] {
    return this.#claims.get(router) ?? []
  }

  /** Gives a router its names, instead of those that it had; `undefined` makes it the one that names none. */
  set(router: string, hosts: readonly string[] | undefined): void {
    this.delete(router)
    this.#claims.set(router, hosts ?? [])
    if (hosts === undefined) this.#fallback = router
    for (const host of hosts ?? []) this.#mapOf(host).set(keyOf(host), router)
  }

  /** Leaves alone what another router has been given meanwhile. */
  delete(router: string): void {
    for (const host of this.#claims.get(router) ?? [])
      if (this.#mapOf(host).get(keyOf(host)) === router) this.#mapOf(host).delete(keyOf(host))
    if (this.#fallback === router) this.#fallback = undefined
    this.#claims.delete(router)
  }

  /**
   * The router of `name` (in lower case, without a dot at its end): the one that names it, else the one with the longest `*.`
   * name above it, else the one that names no hosts.
   */
  find(name: string | undefined): string | undefined {
    if (name === undefined) return this.#fallback
    const exact = this.#exact.get(name)
    if (exact !== undefined) return exact
    for (let dot = name.indexOf('.'); dot !== -1 && this.#below.size > 0; dot = name.indexOf('.', dot + 1)) {
      const router = dot === 0 ? undefined : this.#below.get(name.slice(dot + 1))
      if (router !== undefined) return router
    }
    return this.#fallback
  }

  #mapOf(host: string): Map<string, string> {
    return host.startsWith('*.') ? this.#below : this.#exact
  }
}

function keyOf(host: string): string {
  return host.startsWith('*.') ? host.slice(2) : host
}
