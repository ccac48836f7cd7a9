// outcome: R – a with statement
// says: /with/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

with ({}) {
}

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
