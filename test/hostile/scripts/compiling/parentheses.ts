// outcome: R – parentheses nested 100,000 deep; row 31
// says: /nested too deeply|too large|stack|deep|longer than/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = «( × 100000»1«) × 100000»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
