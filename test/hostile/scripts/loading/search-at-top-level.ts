// outcome: R – a builtin that does not end, at top level
// says: /lost while loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

[].indexOf.call({ length: 2 ** 53 - 1 }, 1)

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
