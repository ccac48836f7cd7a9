// outcome: T | E – an iterator on an iterator, 100,000 deep
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    let i = [1].values()
    for (let n = 0; n < 1e5; n++) i = i.map((x) => x)
    i.next()
    for (;;);
  },
})
