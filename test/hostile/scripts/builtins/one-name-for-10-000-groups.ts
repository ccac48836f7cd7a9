// outcome: K | T | E – 10,000 alternatives that give their groups one name
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (;;) new RegExp(Array.from({ length: 1e4 }, () => '(?<a>b)').join('|')).exec('b')
  },
})
