// outcome: K – JSON.stringify with a list of 2^31 properties
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    JSON.stringify({}, new Array(2 ** 31))
  },
})
