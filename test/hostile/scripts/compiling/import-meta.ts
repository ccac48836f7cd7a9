// outcome: R – import.meta; row 47
// says: /import\.meta is not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import.meta.url

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
