// outcome: N | R – a byte order mark in the middle of the source
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = 1
﻿
a

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
