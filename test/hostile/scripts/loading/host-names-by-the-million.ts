// outcome: R – a million host names
// says: /more than 100/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({ listen: { port: 0, hosts: new Array(1e6).fill('a.example') }, route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }) })
