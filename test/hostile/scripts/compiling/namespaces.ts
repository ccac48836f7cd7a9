// outcome: R | N – namespaces that are merged 2,000 times
import { defineRouter } from 'router-sdk'

«namespace N { export const a# = # }\n × 2000»
N.a5

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
