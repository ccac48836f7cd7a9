// outcome: N – identifiers that look alike
// @ts-nocheck
import { defineRouter } from 'router-sdk'

const а = 1, a = 2, \u0061\u0061 = 3, ℮ = 4, 𝒳 = 5
[а, a, aa, ℮, 𝒳]

export default defineRouter({
  route: (conn) => (conn.text === '' ? { noop: true } : { close: 'answered' }),
})
