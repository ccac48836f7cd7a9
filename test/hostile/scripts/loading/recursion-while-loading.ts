// outcome: R – recursion at top level
// says: /Maximum call stack/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const f = () => f()
f()

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
