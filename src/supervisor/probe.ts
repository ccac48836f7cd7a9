import { createServer, type Server } from 'node:net'
import { canSharePorts } from '../transport/port-sharing.ts'
import type { BoundListen } from '../worker/messages.ts'
import { addressText, PortRefused } from './claims.ts'

type Address = Pick<BoundListen, 'host' | 'port'>

const PAUSE = 20

/** A port that the system has chosen. */
export interface Reserved {
  readonly port: number
  /** Called once workers listen there, or never will. */
  release(): void
}

/**
 * Binds an address alone for a moment, and gives its port: workers share theirs (SO_REUSEPORT), so a stranger's would go
 * unnoticed. While `ours` it may still be a listener of our own that is closing: then it is tried again.
 *
 * @throws PortRefused
 */
export async function probe(address: Address, ours: () => boolean): Promise<number> {
  for (;;) {
    try {
      const server = await bound({ ...address, exclusive: true })
      const port = portOf(server, address)
      server.close()
      return port
    } catch (error) {
      const code = codeOf(error)
      if (code !== 'EADDRINUSE' || !ours()) throw refused(address, code)
      await new Promise((resume) => setTimeout(resume, PAUSE))
    }
  }
}

/**
 * Has the system choose a port of a host. It stays bound, as workers bind it, so that it is given to no other program that asks
 * for one before they do, and would share it with them.
 *
 * @throws PortRefused
 */
export async function reserve(host: string): Promise<Reserved> {
  const address = { host, port: 0 }
  try {
    const server = await bound({ ...address, exclusive: true, reusePort: canSharePorts() })
    const port = portOf(server, address)
    // where it is not shared it would be in the worker's way
    if (!canSharePorts()) server.close()
    return { port, release: () => void server.close() }
  } catch (error) {
    throw refused(address, codeOf(error))
  }
}

function bound(options: Address & { exclusive: boolean; reusePort?: boolean }): Promise<Server> {
  return new Promise((resolve, reject) => {
    // whoever comes meanwhile finds nobody, as a moment before
    const server = createServer((stray) => stray.resetAndDestroy())
    server.once('error', reject)
    server.listen({ ...options, ipv6Only: false }, () => resolve(server))
  })
}

function portOf(server: Server, { port }: Address): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

function refused(address: Address, code: string): PortRefused {
  return new PortRefused(`cannot listen on ${addressText(address)}: ${inWords(code)}`)
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
