// outcome: N – redefining what the bootstrap needs; row 52
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const evil = () => {
        throw 3
      },
      names = Object.getOwnPropertyNames,
      owners = [
        JSON,
        String,
        String.prototype,
        Math,
        Number,
        Error,
        Error.prototype,
        RegExp,
        RegExp.prototype,
        Uint8Array,
        Map.prototype,
        Set.prototype,
        Object.prototype,
        Array.prototype,
        Array,
        Object,
      ]
    for (let i = 0; i < owners.length; i++) {
      const own = names(owners[i])
      for (let k = 0; k < own.length; k++)
        if (own[k] !== 'length')
          try {
            owners[i][own[k]] = evil
          } catch {}
    }
    return { close: 'answered' }
  },
})
