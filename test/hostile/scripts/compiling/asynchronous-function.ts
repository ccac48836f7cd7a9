// outcome: R – an asynchronous function; row 11
// says: /async functions are not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

async function f() {
  throw {}
}
f()

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
