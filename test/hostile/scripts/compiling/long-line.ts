// outcome: R – one line of 250,000 characters, with an error at its end
// says: /nothing/
import { defineRouter } from 'router-sdk'

const a: number = «1+ × 5000»1; '«x × 240000»'.nothing

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
