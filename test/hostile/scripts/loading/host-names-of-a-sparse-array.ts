// outcome: R – a list of 2^32 - 1 host names
// says: /more than 100/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: { port: 0, hosts: new Array(2 ** 32 - 1) }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
