// outcome: T – tagged templates
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const tag = (strings) => strings
    for (;;) tag`a`
  },
})
