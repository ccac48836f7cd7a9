import { networkInterfaces } from 'node:os'
import { performance } from 'node:perf_hooks'
import { mapped, parseAddress, samePrefix } from './address-bits.ts'

/** Where the program listens. A host that is a name counts as every address of the machine. */
export interface OwnListener {
  readonly host: string
  readonly port: number
}

export interface OwnAddressesOptions {
  readonly listeners: () => Iterable<OwnListener>
  /** The addresses of the machine's interfaces. Default: what the system says. */
  readonly interfaces?: () => readonly string[]
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number
}

const REFRESH_EVERY = 3000 // milliseconds
const LOOPBACK = mapped([127, 0, 0, 0])
const LOOPBACK_IPV6 = new Uint8Array(16).fill(1, 15)
const ANY = new Uint8Array(16)
const ANY_IPV4 = mapped([0, 0, 0, 0])

/** What leads back to this machine, public addresses included: its own services listen there. */
export class OwnAddresses {
  readonly #options: OwnAddressesOptions
  readonly #now: () => number
  #addresses: readonly Uint8Array[] | undefined
  #read = Number.NEGATIVE_INFINITY

  constructor(options: OwnAddressesOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** What the address is to this machine, or `undefined` when it is another's. Looked up again every three seconds. */
  describe(address: Uint8Array): string | undefined {
    const own = this.#interfaces()
    if (own === undefined) return 'unknown: the addresses of this machine cannot be read'
    return own.some((one) => samePrefix(one, address, 128)) ? 'of this machine' : undefined
  }

  /** Whether connecting there would reach a listener of this program. */
  listensAt(address: Uint8Array, port: number): boolean {
    for (const listener of this.#options.listeners())
      if (listener.port === port && this.#accepts(listener.host, address)) return true
    return false
  }

  #accepts(host: string, address: Uint8Array): boolean {
    const bytes = parseAddress(host)?.bytes
    if (bytes !== undefined && samePrefix(bytes, address, 128)) return true
    const everywhere = bytes === undefined || isAny(bytes)
    return isAny(address) || (everywhere && this.#isLocal(address))
  }

  #isLocal(address: Uint8Array): boolean {
    const loopback = samePrefix(address, LOOPBACK, 104) || samePrefix(address, LOOPBACK_IPV6, 128)
    return loopback || this.describe(address) !== undefined
  }

  #interfaces(): readonly Uint8Array[] | undefined {
    const now = this.#now()
    if (now - this.#read < REFRESH_EVERY) return this.#addresses
    this.#read = now
    try {
      const { interfaces = interfaceAddresses } = this.#options
      this.#addresses = interfaces().flatMap((text) => parseAddress(text)?.bytes ?? [])
    } catch {
      // what was read last is nearer to the truth than nothing; before the first time every address counts as our own
    }
    return this.#addresses
  }
}

/** Connecting to it leads to loopback. */
function isAny(address: Uint8Array): boolean {
  return samePrefix(address, ANY, 128) || samePrefix(address, ANY_IPV4, 128)
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
}
