/** A limit on what is compiled. */
export type CompileLimit = 'sourceBytes' | 'bundleBytes' | 'compileTime'

/** Where a limit is set, such as `tenants.named.acme.limits.sourceBytes`. */
export type LimitPlace = (limit: CompileLimit) => string

/** What the words of a refusal end with, where it is known: ` (tenants.defaults.limits.sourceBytes)`. */
export function placeWords(limit: CompileLimit, where: LimitPlace | undefined): string {
  return where === undefined ? '' : ` (${where(limit)})`
}
