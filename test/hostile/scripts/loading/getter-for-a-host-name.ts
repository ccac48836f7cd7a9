// outcome: R – a list of host names with a getter that loops
// says: /still loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: { port: 0, hosts: Object.defineProperty([], 0, { get() { for (;;); } }) }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
