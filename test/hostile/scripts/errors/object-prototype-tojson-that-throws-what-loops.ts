// outcome: E – Object.prototype.toJSON that throws what loops
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    Object.prototype.toJSON = () => {
      throw {
        get message() {
          for (;;);
        },
      }
    }
    throw 1
  },
})
