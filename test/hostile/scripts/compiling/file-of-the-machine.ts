// outcome: R – a file of the machine; row 68
// says: /cannot import '\/etc\/passwd'/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import x from '/etc/passwd'
x

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
