// outcome: N – parsers on garbage; row 67
// @ts-nocheck
import { defineRouter } from 'router-sdk'
import { tlsClientHello, httpRequest } from 'router-sdk/protocols'

export default defineRouter({
  route(conn) {
    if (conn.text !== 'attack') return { noop: true }
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(16384).fill(22),
      new Uint8Array([22, 3, 1, 255, 255, 1, 0, 255, 255]),
      new Uint8Array(16384).map((_, n) => n * 31),
    ]) {
      tlsClientHello(bytes)
      httpRequest(bytes)
    }
    return { close: 'answered' }
  },
})
