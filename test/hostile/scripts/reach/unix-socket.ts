// outcome: R – a socket of this machine; row 44
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    return { remote: 'unix:/var/run/docker.sock' }
  },
})
