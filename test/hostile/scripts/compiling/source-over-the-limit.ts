// outcome: R – a source that is too large; row 31
// says: /262144|bytes|KiB|large/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = '«x × 300000»'

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
