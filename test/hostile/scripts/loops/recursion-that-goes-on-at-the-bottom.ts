// outcome: T | K – recursion that goes on at the bottom (at the very end of the stack V8 does not always get to stop it: then its host is killed); row 30
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const f = () => {
      for (;;)
        try {
          f()
        } catch {}
    }
    f()
  },
})
