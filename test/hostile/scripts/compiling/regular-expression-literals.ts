// outcome: N | R – 15,000 regular expressions
// @ts-nocheck
import { defineRouter } from 'router-sdk'

«/a#/; × 15000»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
