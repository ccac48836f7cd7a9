// outcome: R | N – a block in a block, 50,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

«{ × 50000»«} × 50000»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
