// outcome: R – 4,000 overloads, none of which fits
// says: /overload/
import { defineRouter } from 'router-sdk'

declare const f: { «(a: #): void; × 4000» }
f("x")

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
