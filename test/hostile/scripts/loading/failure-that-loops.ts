// outcome: R – a failure answer whose getter loops
// says: /still loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ failure: { get close() { for (;;); } }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
