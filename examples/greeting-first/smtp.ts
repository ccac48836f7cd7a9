import { defineRouter } from 'router-sdk'

/** SMTP servers speak before their clients do, so there is nothing to read: the router decides when the connection opens. */
export default defineRouter({
  listen: 25,
  onConnect: (conn) => ({
    remote: conn.lookup('servers', conn.client.address) ?? '127.0.0.1:2525',
    inactivityTimeout: 5000,
  }),
  onInactivity: () => ({ close: '421 the mail server does not answer, try again later\r\n' }),
  onConnectError: () => ({ close: '421 the mail server is away, try again later\r\n' }),
})
