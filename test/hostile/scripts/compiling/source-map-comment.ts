// outcome: R – a comment that names a source map of the machine
// says: /sourceMappingURL/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

//# sourceMappingURL=file:///etc/passwd

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
