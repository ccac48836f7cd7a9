import { formatAddress } from '../transport/address.ts'
import type { Listener } from './listener.ts'
import type { BoundListen } from './messages.ts'

interface Place {
  readonly key: string
  readonly opening: Promise<Listener>
  listener: Listener | undefined
  /** Routers that are about to be given it. */
  reserved: number
}

/** An open listener that stays open until it is given to a router, or released. */
export interface Reserved {
  /** Makes it the router's, with the hosts that it names, and takes away what the router had. */
  give(router: string, hosts: readonly string[] | undefined): void
  /** Always to be called, given or not. */
  release(): void
}

/** The listeners of this worker: one for each address, open while a router has it. */
export class Listeners {
  readonly #open: (address: BoundListen) => Promise<Listener>
  readonly #places = new Map<string, Place>()
  readonly #placeOf = new Map<string, Place>()

  constructor(open: (address: BoundListen) => Promise<Listener>) {
    this.#open = open
  }

  /** Those that are open. */
  get all(): Listener[] {
    return [...this.#places.values()].flatMap(({ listener }) => listener ?? [])
  }

  /** Rejects when the address cannot be bound. */
  async reserve(address: BoundListen): Promise<Reserved> {
    const key = formatAddress(address.host, address.port)
    const place = this.#places.get(key) ?? this.#begin(key, address)
    place.reserved += 1
    const release = once(() => {
      place.reserved -= 1
      this.#closeUnused(place)
    })
    try {
      const listener = await place.opening
      return { release, give: (router, hosts) => this.#give(router, place, listener, hosts) }
    } catch (error) {
      release()
      throw error
    }
  }

  /** Takes away what a router has. */
  retire(router: string): void {
    const place = this.#placeOf.get(router)
    if (place === undefined) return
    this.#placeOf.delete(router)
    place.listener?.routers.delete(router)
    this.#closeUnused(place)
  }

  #begin(key: string, address: BoundListen): Place {
    const opening = this.#open(address)
    const place: Place = { key, opening, listener: undefined, reserved: 0 }
    this.#places.set(key, place)
    opening.then(
      (listener) => (place.listener = listener),
      () => this.#places.delete(key),
    )
    return place
  }

  #give(router: string, place: Place, { routers }: Listener, hosts: readonly string[] | undefined): void {
    if (this.#placeOf.get(router) !== place) this.retire(router)
    this.#placeOf.set(router, place)
    routers.set(router, hosts)
  }

  #closeUnused({ key, listener, reserved }: Place): void {
    if (reserved > 0 || listener === undefined || listener.routers.routers.length > 0) return
    listener.close()
    this.#places.delete(key)
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}
