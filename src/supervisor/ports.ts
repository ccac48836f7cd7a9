import { createServer } from 'node:net'
import type { RouterDescription } from 'router-sdk/sandbox'
import type { Settings } from '../config/settings.ts'
import { formatAddress } from '../transport/address.ts'
import type { BoundListen } from '../worker/messages.ts'

/** A router cannot have the address that it asks for; the message says who has it. */
export class PortRefused extends Error {
  /** The router that has it. */
  readonly holder: string | undefined

  constructor(message: string, holder?: string) {
    super(message)
    this.holder = holder
  }
}

interface Claim {
  readonly router: string
  /** As asked for: with port 0 where the system chose. */
  readonly wanted: BoundListen
  readonly bound: BoundListen
}

/** A worker closes a listener a moment after it is told to: until then its port is not somebody else's. */
const OWN_PORT_LINGERS = 1000
const PROBE_PAUSE = 20

/** Who listens where. Each address belongs to one router; wildcard addresses take in all others of their port. */
export class Ports {
  readonly #claims = new Map<string, Claim>()
  readonly #released = new Map<number, number>()

  get(router: string): BoundListen | undefined {
    return this.#claims.get(router)?.bound
  }

  /**
   * Claims what a router asks for, or the operator's default, beside what it has already. The claim holds once it is
   * confirmed; `undo` gives it back.
   *
   * @throws PortRefused
   */
  async claim(
    router: string,
    listen: RouterDescription['listen'],
    settings: Settings,
  ): Promise<{ bound: BoundListen; confirm: () => void; undo: () => void }> {
    const wanted = { host: listen?.host ?? settings.listen.host, port: listen?.port ?? settings.listen.port }
    const before = this.#claims.get(router)
    if (before !== undefined && same(before.wanted, wanted))
      return { bound: before.bound, confirm: () => {}, undo: () => {} }
    const trial = `${router} (new)`
    this.#refuseConflict(router, wanted, listen === undefined)
    this.#claims.set(trial, { router, wanted, bound: wanted })
    const undo = () => void this.#claims.delete(trial)
    try {
      const bound = before?.bound.port === wanted.port ? wanted : await this.#probe(wanted)
      this.#claims.set(trial, { router, wanted, bound })
      const confirm = () => {
        undo()
        this.release(router)
        this.#claims.set(router, { router, wanted, bound })
      }
      return { bound, confirm, undo }
    } catch (error) {
      undo()
      throw error
    }
  }

  release(router: string): void {
    const claim = this.#claims.get(router)
    this.#claims.delete(router)
    if (claim !== undefined) this.#released.set(claim.bound.port, performance.now())
  }

  #refuseConflict(router: string, wanted: BoundListen, byDefault: boolean): void {
    if (wanted.port === 0) return
    for (const { router: holder, bound } of this.#claims.values()) {
      if (holder === router || !overlap(bound, wanted)) continue
      const why = byDefault ? ' (it names no port, so it takes the default)' : ''
      throw new PortRefused(
        `router ${router} wants ${addressText(wanted)}${why}, which router ${holder} has at ${addressText(bound)}; one of them needs another port`,
        holder,
      )
    }
  }

  /** Binds the address alone for a moment: workers share theirs (SO_REUSEPORT), so a stranger's would go unnoticed. */
  async #probe(wanted: BoundListen): Promise<BoundListen> {
    const released = this.#released.get(wanted.port) ?? Number.NEGATIVE_INFINITY
    for (;;) {
      try {
        return { host: wanted.host, port: await bindOnce(wanted) }
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
        if (code === 'EADDRINUSE' && performance.now() - released < OWN_PORT_LINGERS) {
          await new Promise((resume) => setTimeout(resume, PROBE_PAUSE))
          continue
        }
        throw new PortRefused(`cannot listen on ${addressText(wanted)}: ${inWords(code)}`)
      }
    }
  }
}

export function addressText({ host, port }: BoundListen): string {
  return formatAddress(host, port)
}

function bindOnce({ host, port }: BoundListen): Promise<number> {
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

function same(a: BoundListen, b: BoundListen): boolean {
  return a.host === b.host && a.port === b.port
}

function overlap(a: BoundListen, b: BoundListen): boolean {
  if (a.port !== b.port) return false
  return a.host === b.host || takesIn(a.host, b.host) || takesIn(b.host, a.host)
}

/** `::` takes in IPv4 as well; `0.0.0.0` does not take in addresses of IPv6, but a name may stand for either. */
function takesIn(wildcard: string, host: string): boolean {
  return wildcard === '::' || (wildcard === '0.0.0.0' && !host.includes(':'))
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
