// outcome: R | N – an array in an array, 10,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = «[ × 10000»«] × 10000»
a

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
