/** How much all tables of one tenant may have together. */
export interface Allowance {
  readonly tenant: string
  /** Bytes of their files. */
  readonly bytes: number
  /** Where that is set, such as `tenants.defaults.limits.tableBytes`. */
  readonly setting: string
}

/** What the tables of each tenant have, from the moment that one begins to be read. */
export class TableBudget {
  readonly #sizes = new Map<string, Map<string, number>>()

  /** What the tenant's tables but this one have. */
  besides(tenant: string, table: string): number {
    let sum = 0
    for (const [name, size] of this.#sizes.get(tenant) ?? []) if (name !== table) sum += size
    return sum
  }

  sizeOf(tenant: string, table: string): number {
    return this.#sizes.get(tenant)?.get(table) ?? 0
  }

  /** 0 for a table that is gone. */
  set(tenant: string, table: string, size: number): void {
    const sizes = this.#sizes.get(tenant) ?? new Map<string, number>()
    if (size === 0) sizes.delete(table)
    else sizes.set(table, size)
    if (sizes.size === 0) this.#sizes.delete(tenant)
    else this.#sizes.set(tenant, sizes)
  }
}
