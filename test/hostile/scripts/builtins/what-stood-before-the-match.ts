// outcome: K | T | M – RegExp.$1 of 5 MB, put together again and again
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    ;/(x*)/.exec('x'.repeat(5e6))
    let s = ''
    for (;;) s = (RegExp.$1 + 'y' + RegExp['$`']).slice(1).toUpperCase()
  },
})
