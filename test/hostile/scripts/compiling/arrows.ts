// outcome: R – arrows nested 50,000 deep; row 31
// says: /nested too deeply|too large|stack|deep|longer than/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = «a=> × 50000»1

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
