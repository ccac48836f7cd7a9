// outcome: R – import(); row 47
// says: /import\(\) is not available/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

import('./x.ts')

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
