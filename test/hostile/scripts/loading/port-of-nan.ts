// outcome: R – a port that is not a number
// says: /from 0 to 65535/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: NaN, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
