/**
 * How a hostile question ends. T: stopped by the isolate's time limit. K: its host is killed. M: its isolate is disposed for
 * memory. E: a clean error of the script's. V: the answer is refused. R: refused when it is deployed. N: nothing happens that
 * anybody needs to know of; the router answers.
 */
export type Outcome = 'T' | 'K' | 'M' | 'E' | 'V' | 'R' | 'N'

/** One hostile router of section 6 of the sandbox survey, by its row number there; 0 is our own. */
export interface Row {
  readonly row: number
  readonly name: string
  /** The body of `route` for a client that has said `attack`; to all others it answers. */
  readonly route: string
  /** What stands before the router in its module. */
  readonly before?: string
  readonly outcomes: readonly Outcome[]
  /** What its client gets, where it answers. */
  readonly gets?: string
  /** Why the outcome is another than the survey's. */
  readonly differs?: string
}

/** The router's file. Its types are not checked: a tenant can switch that off, and what holds must hold without. */
export function source({ route, before = '' }: Pick<Row, 'route' | 'before'>): string {
  return `// @ts-nocheck
import { defineRouter } from 'router-sdk'
${before}
const attack = (conn) => { ${route} }
export default defineRouter({
  route(conn) {
    if (conn.text === '') return { noop: true }
    return conn.text === 'attack' ? attack(conn) : { close: 'well ' + conn.text }
  },
})
`
}

/** A router's name for a row: its own, so that its strikes are its own. */
export function routerName(row: Row, index: number): string {
  return `r${row.row}-${index}`
}
