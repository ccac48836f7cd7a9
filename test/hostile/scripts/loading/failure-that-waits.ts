// outcome: R – a failure answer that waits
// says: /waits is not allowed/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ failure: { noop: true }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
