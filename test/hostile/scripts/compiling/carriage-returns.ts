// outcome: N – line ends of another system
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const a = 1
const b = 2
a
b

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
