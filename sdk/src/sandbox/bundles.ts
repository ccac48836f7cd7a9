/** One string for all versions whose code is the same, however often it was sent to this process. */
export class Bundles {
  readonly #users = new Map<string, { readonly code: string; users: number }>()

  take(code: string): string {
    const known = this.#users.get(code)
    if (known === undefined) this.#users.set(code, { code, users: 1 })
    else known.users += 1
    return known?.code ?? code
  }

  drop(code: string): void {
    const known = this.#users.get(code)
    if (known !== undefined && --known.users === 0) this.#users.delete(code)
  }

  /** Distinct bundles. */
  get size(): number {
    return this.#users.size
  }
}
