// outcome: R – mapped types over 10,000 names, 100 times
import { defineRouter } from 'router-sdk'

type L = 'a'|'b'|'c'|'d'|'e'|'f'|'g'|'h'|'i'|'j'
type M<N extends string> = { [K in `${N}${L}${L}${L}${L}`]: `${K}x` }
«export const m#: M<'#'> = 5\n × 100»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
