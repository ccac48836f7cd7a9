// outcome: V – a replyWhen that is none
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: 'a:1', reply: 'x', replyWhen: 'never' }
  },
})
