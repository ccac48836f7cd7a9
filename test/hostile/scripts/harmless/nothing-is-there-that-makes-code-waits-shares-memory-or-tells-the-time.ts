// outcome: N – nothing is there that makes code, waits, shares memory or tells the time; row 48
// @ts-nocheck
import { defineRouter } from 'router-sdk'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    const there =
      'Promise SharedArrayBuffer ArrayBuffer WebAssembly Atomics FinalizationRegistry WeakRef Proxy Reflect Intl BigInt Temporal setTimeout process ivm console queueMicrotask structuredClone Float16Array Iterator ShadowRealm escape pointsmanLoad'
        .split(' ')
        .filter((name) => name in globalThis)
    return { close: there.length === 0 ? 'answered' : there.join(' ') }
  },
})
