// outcome: R | N – a condition in a condition, 20,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = «1?1: × 20000»1
a

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
