// outcome: K | T – DataView and Math.f16round over and over
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const v = new DataView(new Uint8Array(8).buffer)
    for (;;) v.setFloat16(0, Math.f16round(v.getFloat64(0)))
  },
})
