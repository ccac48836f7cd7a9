// outcome: E – table’s name let through by RegExp.prototype.exec
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    RegExp.prototype.exec = () => ['x']
    RegExp.prototype.test = () => true
    conn.lookup('../../etc/passwd', 'k')
  },
})
