// outcome: R | N – declaring the SDK anew
import { defineRouter } from 'router-sdk'

declare module 'router-sdk' { export function defineRouter(x: string): never }

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
