// outcome: N | R – a class with 5,000 decorators
// @ts-nocheck
import { defineRouter } from 'router-sdk'

function d(v, c) {
  return v
}
«@d × 5000»
class A {}
A

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
