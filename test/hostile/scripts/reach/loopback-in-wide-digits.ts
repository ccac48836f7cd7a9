// outcome: R – this machine, in digits of another script; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: '１２７.０.０.１:22' }
  },
})
