// outcome: R | N – a declaration file that says what is not so
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import { evil } from './_lib.d.ts'
evil()

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
// file: _lib.d.ts
export declare function evil(): void
