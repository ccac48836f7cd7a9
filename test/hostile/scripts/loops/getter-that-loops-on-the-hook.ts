// outcome: T – getter that loops on the hook; row 51
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const hook = Object.create(conn, {
      x: {
        get() {
          for (;;);
        },
      },
    })
    return { close: hook.x }
  },
})
