// outcome: R – a million host names
// says: /more than 100|still loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: { port: 0, hosts: Array.from({ length: 1e6 }, (_, n) => n + '.example') }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
