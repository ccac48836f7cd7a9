// outcome: E – seventeen look-ups of keys that it makes anew each time
// says: /at most 16 look-ups/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (let n = 0; n < 17; n++) conn.lookup('table', 'key' + n)
  },
})
// file: router.table.json
{ "key0": "value" }
