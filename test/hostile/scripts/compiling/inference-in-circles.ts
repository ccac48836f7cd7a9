// outcome: R | N – functions whose types are inferred from each other
// says: /implicitly|circular|longer than/
import { defineRouter } from 'router-sdk'

const «f# = () => [f#, f#][0](), × 3000»z = 1
export const y = () => y() + x()
export const x = () => y()
z

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
