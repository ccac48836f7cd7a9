// outcome: N – state kept between connections of its own; row 57
// @ts-nocheck
import { defineRouter } from 'router-sdk'

let count = 0

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    count += 1
    return { close: count === 1 ? 'answered' : 'again' }
  },
})
