// outcome: R – a.a.a, 20,000 times
// says: /nested too deeply|deep|large|longer than|stack|definition|answer/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = { a: 1 }
;a«.a × 20000»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
