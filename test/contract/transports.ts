import { createEpollTransport, epollMissing } from '../../src/transport/epoll/epoll.ts'
import { createNetTransport } from '../../src/transport/net.ts'
import type { Transport } from '../../src/transport/transport.ts'

/** Every transport that this machine has. */
export function transports(): Transport[] {
  return [createNetTransport(), ...(epollMissing() === undefined ? [createEpollTransport()] : [])]
}
