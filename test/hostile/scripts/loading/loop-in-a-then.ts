// outcome: R – a loop in a then; row 5
// says: /Promise is not defined/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

Promise.resolve().then(() => {
  for (;;);
})

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
