// outcome: E | T – an array of 8 GiB
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new Uint8Array(2 ** 33)
  },
})
