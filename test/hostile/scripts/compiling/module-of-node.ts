// outcome: R – a module of Node; row 47
// says: /cannot import 'node:fs'/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import fs from 'node:fs'
fs

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
