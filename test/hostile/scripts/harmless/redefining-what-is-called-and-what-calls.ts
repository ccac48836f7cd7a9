// outcome: N – redefining what is called and what calls; row 51
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    globalThis.route =
      globalThis.pointsmanRouter =
      globalThis.pointsmanLoad =
        () => {
          throw 1
        }
    const F = Object.getPrototypeOf(() => {})
    F.call =
      F.apply =
      F.bind =
      F.toString =
        () => {
          throw 2
        }
    return { close: 'answered' }
  },
})
