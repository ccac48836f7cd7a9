// outcome: R – a host name of a million characters
// says: /host name of 1000000 characters/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: { port: 0, hosts: ['a'.repeat(1e6)] }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
