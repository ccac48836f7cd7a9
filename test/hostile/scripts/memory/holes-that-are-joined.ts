// outcome: K | T | M | E – the holes of an array joined by sixteen letters
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const a = []
    for (;;) a.push(new Array(2 ** 24).join('abcdefghijklmnop'))
  },
})
