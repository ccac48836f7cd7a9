// outcome: R – filling memory at top level; row 2
// says: /memory|still loading|lost while loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = []
for (;;) a.push({ a })

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
