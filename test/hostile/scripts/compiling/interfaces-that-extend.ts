// outcome: R | N – interfaces that extend each other, 4,000 deep
import { defineRouter } from 'router-sdk'

interface I0 { a: 1 }
interface A { b: I0 }
«interface J# extends A { c: A }\n × 4000»
declare const x: J3999
x

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
