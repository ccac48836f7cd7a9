// outcome: R – await at top level
// says: /await is not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

await 1

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
