/** Where routers' tables are read. An implementation answers in bounded time and never throws for a tenant's mistake. */
export interface Lookup {
  /**
   * The value of `key` in `table` of `router`. `answered` gets `null` for a key that the table does not have and an `Error`
   * when the table cannot be read; it is called exactly once, possibly before this returns.
   */
  get(router: string, table: string, key: string, answered: (value: string | null | Error) => void): void
}
