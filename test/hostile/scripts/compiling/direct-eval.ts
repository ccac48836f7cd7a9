// outcome: R – direct eval; row 46
// says: /eval is not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

eval('1')

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
