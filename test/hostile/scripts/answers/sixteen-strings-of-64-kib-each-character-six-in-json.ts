// outcome: V – sixteen strings of 64 KiB, each character six in JSON; row 41
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const answer = { remote: 'a:1' }
    for (let n = 0; n < 15; n++) answer['k' + n] = '\0'.repeat(65536)
    return answer
  },
})
