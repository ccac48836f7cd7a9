// outcome: N – a definition whose route is another at each reading
// @ts-nocheck
import { defineRouter } from 'router-sdk'

let n = 0

export default defineRouter({ get route() { return n++ === 0 ? (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) : 5 } })
