// outcome: R – a loop that hears no time limit, at top level; row 2
// says: /lost while loading|still loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

for (;;) new Array(1000).fill(1.5)

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
