// outcome: N | R – a router that imports and exports all of itself
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import * as self from './router.ts'
export * from './router.ts'
self

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
