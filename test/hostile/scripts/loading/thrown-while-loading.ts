// outcome: R – throwing what loops when it is read
// says: /threw an object that is no Error|threw something/
// @ts-nocheck
import { defineRouter } from 'router-sdk'

throw { get message() { for (;;); }, get stack() { for (;;); } }

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
