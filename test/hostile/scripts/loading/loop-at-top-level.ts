// outcome: R – an endless loop at top level; row 2
// says: /still loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

for (;;);

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
