// outcome: R – require; row 47
// says: /require is not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

require('fs')

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
