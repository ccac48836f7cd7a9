// outcome: R – a tuple that doubles 40 times
// says: /too large|too complex|longer than|not assignable|memory/
import { defineRouter } from 'router-sdk'

type D<T extends unknown[]> = [...T, ...T]
type A0 = D<[1]>
type A1 = D<D<D<D<D<D<D<D<A0>>>>>>>>
type A2 = D<D<D<D<D<D<D<D<A1>>>>>>>>
type A3 = D<D<D<D<D<D<D<D<A2>>>>>>>>
export const x: A3 = 1

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
