// outcome: N – this, with and labels; row 56
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const self = (function () {
      return this
    })()
    const x = (0,
    function () {
      return typeof this
    })()
    a: for (;;) break a
    return { close: self === undefined && x === 'undefined' ? 'answered' : 'global' }
  },
})
