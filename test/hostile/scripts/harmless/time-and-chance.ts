// outcome: N – time and chance; row 54
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const start = Date.now()
    for (let n = 0; n < 1e6; n++);
    const D = new Date().constructor
    let chance = 'none'
    try {
      chance = String(Math.random())
    } catch {}
    return {
      close:
        Date.now() === start &&
        +new D() === start &&
        new Date(5).getTime() === 5 &&
        Date().includes('GMT+0000') &&
        chance === 'none'
          ? 'answered'
          : 'told',
    }
  },
})
