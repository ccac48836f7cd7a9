// outcome: N – bytes that say that they are longer than they are
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return {
      close: Object.defineProperties(
        Uint8Array.from('answered', (c) => c.charCodeAt(0)),
        {
          length: { value: 1e9 },
          byteLength: {
            get() {
              for (;;);
            },
          },
        },
      ),
    }
  },
})
