// outcome: R – throwing an error of 5 MB
// says: /xxx/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

throw new Error('x'.repeat(5e6))

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
