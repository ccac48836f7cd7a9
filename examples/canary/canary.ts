import { defineRouter } from 'router-sdk'

/** One client address in ten goes to the new version, always the same ones: the share is of addresses, not of connections. */
const PERCENT = 10

export default defineRouter({
  listen: 8080,
  onConnect: (conn) => ({ remote: bucket(conn.client.address) < PERCENT ? '127.0.0.1:8002' : '127.0.0.1:8001' }),
})

/** 0 to 99, evenly spread over addresses (FNV-1a). */
function bucket(address: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < address.length; at++) hash = Math.imul(hash ^ address.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % 100
}
