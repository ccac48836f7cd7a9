// outcome: K – concat of an object that is spreadable and says that it is long
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;[].concat({ length: 2 ** 32 - 2, [Symbol.isConcatSpreadable]: true })
  },
})
