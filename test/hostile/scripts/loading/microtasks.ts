// outcome: R – a storm of microtasks; row 4
// says: /Promise is not defined/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const f = () => Promise.resolve().then(f)
f()

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
