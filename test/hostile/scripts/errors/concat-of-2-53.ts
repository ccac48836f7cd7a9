// outcome: E – concat beyond the longest array
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[1].concat({ length: 2 ** 53 - 1, [Symbol.isConcatSpreadable]: true })
  },
})
