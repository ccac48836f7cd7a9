// outcome: R – a place to listen that says in JSON that it is another
// says: /undefined|listen/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: { toJSON: () => 22 }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
