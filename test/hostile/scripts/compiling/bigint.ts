// outcome: R – a BigInt; row 15
// says: /BigInt is not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

(2n ** 20000000n).toString()

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
