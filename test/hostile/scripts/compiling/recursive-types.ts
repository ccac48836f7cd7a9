// outcome: R – a conditional type that branches at each of 30 steps
// says: /excessively deep|too complex|longer than|not assignable|memory/
import { defineRouter } from 'router-sdk'

type I<T, N extends 0[]> = N extends [0, ...infer R extends 0[]] ? I<[T, T], R> | I<[T, 0], R> : T
export const x: I<1, [«0, × 30»]> = 5

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
