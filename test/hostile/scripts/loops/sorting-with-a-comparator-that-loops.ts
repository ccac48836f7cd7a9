// outcome: T – sorting with a comparator that loops; row 17
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[3, 2, 1].sort(() => {
      for (;;);
    })
  },
})
