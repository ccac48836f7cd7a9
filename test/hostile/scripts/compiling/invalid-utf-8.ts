// outcome: R – bytes that are no UTF-8
// says: /UTF-8/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = '«\xff × 3»'
a

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
