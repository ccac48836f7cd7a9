// outcome: R – a getter that loops where listen should be
// says: /still loading/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ get listen() { for (;;); }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
