import { createServer } from 'node:net'
import type { BoundListen } from '../worker/messages.ts'
import { addressText, PortRefused } from './claims.ts'

type Address = Pick<BoundListen, 'host' | 'port'>

const PAUSE = 20

/**
 * Binds an address alone for a moment, and gives its port: workers share theirs (SO_REUSEPORT), so a stranger's would go
 * unnoticed. While `ours` it may still be a listener of our own that is closing: then it is tried again.
 *
 * @throws PortRefused
 */
export async function probe(address: Address, ours: () => boolean): Promise<number> {
  for (;;) {
    try {
      return await bindOnce(address)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      if (code !== 'EADDRINUSE' || !ours())
        throw new PortRefused(`cannot listen on ${addressText(address)}: ${inWords(code)}`)
      await new Promise((resume) => setTimeout(resume, PAUSE))
    }
  }
}

function bindOnce({ host, port }: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host, port, exclusive: true, ipv6Only: false }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(bound))
    })
  })
}

function inWords(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there (EADDRINUSE)'
    case 'EACCES':
      return 'ports below 1024 need the privilege to bind them (EACCES)'
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address (EADDRNOTAVAIL)'
    case 'ENOTFOUND':
      return 'that host name does not resolve (ENOTFOUND)'
    default:
      return code
  }
}
