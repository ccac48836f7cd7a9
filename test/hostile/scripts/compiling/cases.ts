// outcome: R | N – a switch of 15,000 cases
import { defineRouter } from 'router-sdk'

switch (1 as number) {
  «case #: × 15000»
}

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
