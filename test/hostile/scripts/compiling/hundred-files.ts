// outcome: R – a hundred imports of files that are not there
// says: /no file|too many/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

«import { a as a# } from './_a#.ts'\n × 100»a1

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
