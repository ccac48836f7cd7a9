// outcome: N | R – filling the global object
// @ts-nocheck
import { defineRouter } from 'router-sdk'

for (let n = 0; n < 1e4; n++) globalThis['g' + n] = n

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
