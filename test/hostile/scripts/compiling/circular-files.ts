// outcome: N – files that import each other
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import { a } from './_a.ts'
a

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
// file: _a.ts
import { b } from './_b.ts'
export const a = () => b
// file: _b.ts
import { a } from './_a.ts'
export const b = () => a
