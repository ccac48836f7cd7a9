// outcome: R – a generic type in itself, 2,000 deep
import { defineRouter } from 'router-sdk'

type A<T> = { a: T; b: A<T[]> }
type B = «A< × 2000»1«> × 2000»
declare const b: B
const c: B["b"]["b"]["a"] = b
c

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
