// outcome: R – a port of 2^53
// says: /from 0 to 65535/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: 2 ** 53, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
