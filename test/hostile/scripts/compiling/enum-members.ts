// outcome: R | N – an enum of 20,000 members
import { defineRouter } from 'router-sdk'

enum E { «a#, × 20000» }
E.a5

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
