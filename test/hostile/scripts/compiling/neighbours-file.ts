// outcome: R – another tenant's file
// says: /outside/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import x from '../neighbour/good.ts'
x

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
