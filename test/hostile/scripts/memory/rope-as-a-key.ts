// outcome: K | T | M | E – a rope of 2^28 characters as the name of a property
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let s = 'ab'
    for (let n = 0; n < 27; n++) s += s
    for (;;) ({})[s]
  },
})
