// outcome: R – files that export all that the other exports
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import { x } from './_a.ts'
x

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
// file: _a.ts
export * from './_b.ts'
// file: _b.ts
export * from './_a.ts'
