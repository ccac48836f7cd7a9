// outcome: R – 20,000 errors of types
// says: /Cannot find name/
import { defineRouter } from 'router-sdk'

«x#; × 20000»

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
