import { defineRouter } from 'router-sdk'
import { postgresStartup } from 'router-sdk/protocols'

/** PostgreSQL by database: clients connect with `sslmode=disable`, since this proxy does not end TLS. */
export default defineRouter({
  listen: 5432,
  route(conn) {
    const start = postgresStartup(conn.bytes)
    if (start.match === 'need-more') return { noop: true, atLeast: start.atLeast }
    if (start.match === 'no') return { close: true }
    if (start.kind !== 'startup')
      return { close: fatal('08004', 'connect with sslmode=disable and gssencmode=disable') }
    const server = conn.lookup('databases', start.database)
    return server ? { remote: server } : { close: fatal('3D000', `database "${start.database}" does not exist`) }
  },
  onConnectError: () => ({ close: fatal('57P03', 'the server of this database does not answer') }),
})

/** An ErrorResponse (PostgreSQL's protocol 3.0): severity, code and message. */
function fatal(code: string, message: string): string {
  const fields = `SFATAL\0C${code}\0M${message.replace(/[^ -~]/g, '?')}\0\0`
  const length = fields.length + 4
  return `E${String.fromCharCode(0, 0, length >> 8, length & 255)}${fields}`
}
