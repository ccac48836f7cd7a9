// outcome: N | R – a function in a function, 2,000 times
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const f = «() => { return  × 2000»1«} × 2000»
let g = f
for (let n = 0; n < 1999; n++) g = g()

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
