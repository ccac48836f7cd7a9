// outcome: T – a lastIndex whose valueOf loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const r = /a/g
    r.lastIndex = {
      valueOf() {
        for (;;);
      },
    }
    r.exec('a')
  },
})
