// outcome: R – a union of ten thousand millions of strings
// says: /too complex|longer than|memory|not assignable/
import { defineRouter } from 'router-sdk'

type D = 0|1|2|3|4|5|6|7|8|9
type N = `${D}${D}${D}${D}${D}`
export const y: `${N}${N}` = 'b'

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
