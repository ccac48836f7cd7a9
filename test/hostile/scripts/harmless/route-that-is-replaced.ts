// outcome: N – replacing the functions of its own definition
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    this.route = () => ({ close: 'evil' })
    Object.defineProperty(this, 'route', {
      get() {
        for (;;);
      },
    })
    return { close: 'answered' }
  },
})
