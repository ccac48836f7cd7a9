// outcome: R – a table imported as text
// says: /cannot import/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import x from './router.homes.json' with { type: 'text' }
x

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
