// outcome: R – what makes V8 abort its process, at top level
// says: /lost while loading|memory|Invalid/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

[].toSorted.call({ length: 2 ** 32 - 1 })

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
