// outcome: R | N – a template in a template, 10,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = «`${ × 10000»1«}` × 10000»
a

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
